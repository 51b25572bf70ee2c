#![no_main]
//! The door `session`: see `src/fuzzing.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sizewright::fuzzing::enter("session", bytes);
});
