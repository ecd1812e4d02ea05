//! What the fuzz targets share: readers of their own, written without a look at the gateway's.

pub mod chunked;
pub mod source;
pub mod upstream;
