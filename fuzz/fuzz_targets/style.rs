//! `cargo fuzz run style`: libFuzzer looks for inputs on which this parser breaks a promise.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| landing_fuzz::run("style", data));
