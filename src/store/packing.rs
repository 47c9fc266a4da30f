//! JSON, compressed: one thread writes it while another packs what is written.

use std::io::{self, BufWriter, Write};

use crossbeam_channel::{Sender, bounded};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

/// Bytes handed over at a time.
const CHUNK: usize = 1 << 18;

/// Chunks that may wait to be packed.
const WAITING: usize = 4;

/// The value as JSON in zlib's form.
///
/// # Errors
/// A value that has no form in JSON.
pub(super) fn packed(value: &impl Serialize) -> io::Result<Vec<u8>> {
    std::thread::scope(|scope| {
        let (sender, receiver) = bounded::<Vec<u8>>(WAITING);
        let packing = scope.spawn(move || {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            for chunk in receiver {
                encoder.write_all(&chunk)?;
            }
            encoder.finish()
        });
        let mut out = BufWriter::with_capacity(CHUNK, Chunks(sender));
        serde_json::to_writer(&mut out, value)?;
        out.flush()?;
        drop(out);
        packing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Hands over what is written to it.
struct Chunks(Sender<Vec<u8>>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::Error::other("the packing thread ended too early"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
