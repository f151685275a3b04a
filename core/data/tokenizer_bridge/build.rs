// A plain SONAME, so that programs record the library's name and not the folder it was built in.
fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libengram_tokenizers.so");
    println!("cargo:rerun-if-changed=build.rs");
}
