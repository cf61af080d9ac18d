//! Notes what the core is built from, so that Python does not use one of other sources (`__init__.py`).

fn main() {
    println!("cargo::rerun-if-env-changed=ARTICLE_STREAM_STATE");
    let state = std::env::var("ARTICLE_STREAM_STATE").unwrap_or_default();
    println!("cargo::rustc-env=STATE={state}");
}
