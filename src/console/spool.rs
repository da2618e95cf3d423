//! Files that are written whole before they are sent, a piece at a time: what fails is told, and nobody's slow line
//! holds the database.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use futures_util::stream;
use warp::Reply as _;
use warp::hyper::body::Bytes;
use warp::reply::Response;

use super::fault::Fault;
use super::reply;

/// Bytes that are read and sent together.
const CHUNK: usize = 64 * 1024;

/// A folder that is gone when this is dropped, for nobody else to read.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self, Fault> {
        use std::os::unix::fs::DirBuilderExt as _;
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).map_err(|error| Fault::Failed(anyhow::Error::msg(error.to_string())))?;
        let path = std::env::temp_dir().join(format!("ticketledger-export-{}", hex::encode(random)));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| Fault::Failed(error.into()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "cannot remove the files of an export");
        }
    }
}

/// Sends a file of a folder. The folder goes when the last piece is sent, or when nobody reads on.
pub(super) fn sent((folder, opened): (Folder, File), name: &str, content_type: &'static str) -> Response {
    let pieces = stream::try_unfold((folder, opened), |(folder, mut opened)| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0_u8; CHUNK];
            let length = opened.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((opened, piece))
        });
        let (opened, piece) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>((!piece.is_empty()).then(|| (Bytes::from(piece), (folder, opened))))
    });
    let mut response = reply::download(name, content_type, "");
    *response.body_mut() = warp::reply::stream(pieces).into_response().into_body();
    response
}
