#![no_main]
//! The door `circuit`: see `src/fuzzing.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sizewright::fuzzing::enter("circuit", bytes);
});
