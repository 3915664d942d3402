//! The files of the built dashboard, as they stand in the binary. Which of them a path means is said here, how they are served
//! is not.

/// One file of `dashboard/dist`.
#[derive(Debug)]
pub(super) struct Asset {
    /// Below `dist`, with `/`.
    pub(super) path: &'static str,
    /// Of its content, in quotes.
    pub(super) etag: &'static str,
    /// The file.
    pub(super) bytes: &'static [u8],
    /// The same, packed, where that is smaller.
    pub(super) gzip: Option<&'static [u8]>,
}

/// All of them, sorted by path.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/dashboard_assets.rs"));

/// The page that every view starts from.
const PAGE: &str = "index.html";

/// Files under this never change: their names hold a digest of their content.
const HASHED: &str = "assets/";

impl Asset {
    /// May it be kept for ever?
    pub(super) fn is_immutable(&self) -> bool {
        self.path.starts_with(HASHED)
    }

    /// Its content type, by the ending of its name.
    pub(super) fn content_type(&self) -> &'static str {
        match self.path.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            "json" => "application/json",
            "txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

/// What stands at a path behind `/ui`: a file, or for every view the page. `None` for a file that there is not, such as one of an
/// earlier build: a page in its place would be taken for a script.
pub(super) fn find(path: &str) -> Option<&'static Asset> {
    let name = path.trim_start_matches('/');
    exact(name).or_else(|| if name.starts_with(HASHED) { None } else { exact(PAGE) })
}

fn exact(name: &str) -> Option<&'static Asset> {
    ASSETS.binary_search_by(|asset| asset.path.cmp(name)).ok().and_then(|at| ASSETS.get(at))
}
