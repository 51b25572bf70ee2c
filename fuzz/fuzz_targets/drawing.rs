#![no_main]
//! The door `drawing`: see `src/fuzzing.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sizewright::fuzzing::enter("drawing", bytes);
});
