#![no_main]
//! The door `deck`: see `src/fuzzing.rs`.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sizewright::fuzzing::enter("deck", bytes);
});
