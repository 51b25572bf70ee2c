#![no_main]
//! The door `specification`: see `src/fuzzing.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sizewright::fuzzing::enter("specification", bytes);
});
