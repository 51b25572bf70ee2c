#![no_main]
//! The door `protocol`: see `src/fuzzing.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sizewright::fuzzing::enter("protocol", bytes);
});
