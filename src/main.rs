//! Arguments in, exit code out; everything else is in the library.

/// A scan of ten thousand machines makes and gives back millions of texts on all threads: measured, a tenth of its time
/// was the system's allocator.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    trueup::cli::main()
}
