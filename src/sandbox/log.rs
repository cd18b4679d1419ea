//! The record of every call the sandbox received.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const LOG: &str = "log.jsonl";

/// One call that the sandbox received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it came in, RFC 3339 in UTC.
    pub time: String,
    /// The account the caller's credentials belong to.
    pub account: String,
    /// The region, or null for IAM, which has none.
    pub region: Option<String>,
    /// The service's signing name: `eks`, `iam`, `sts`, `tagging`, `eks-auth`.
    pub service: String,
    /// The operation, `CreateAddon`; `Unknown` if the request names none.
    pub operation: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// AWS's error code if the call failed.
    pub error: Option<String>,
    /// The caller's ARN.
    pub caller: String,
    /// The request id in the answer.
    pub request_id: String,
    /// What the request names: its members that are names and versions. Nothing else of it is kept, since
    /// policies and configuration values may hold secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

/// The names and versions in a request.
pub(crate) fn names(input: &Map<String, Value>) -> BTreeMap<String, String> {
    let names = |member: &str| {
        let member = member.to_ascii_lowercase();
        member.ends_with("name") || member.ends_with("version")
    };
    let texts = input.iter().filter(|(member, _)| names(member));
    texts.filter_map(|(member, value)| Some((member.clone(), value.as_str()?.to_owned()))).collect()
}

/// Where calls are written: a file that others may read at any time, or memory.
pub(crate) enum Log {
    Memory(Vec<LogEntry>),
    File(File),
}

impl Log {
    pub(crate) fn open(directory: &Path) -> io::Result<Log> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(directory.join(LOG))?;
        // A crash may have cut the last line short: the next entry must not continue it.
        if file.seek(SeekFrom::End(0))? > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        Ok(Log::File(file))
    }

    pub(crate) fn push(&mut self, entry: LogEntry) -> io::Result<()> {
        match self {
            Log::Memory(entries) => entries.push(entry),
            Log::File(file) => {
                let mut line = serde_json::to_string(&entry)?;
                line.push('\n');
                file.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }
}

impl Log {
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        match self {
            Log::Memory(entries) => entries.clear(),
            Log::File(file) => file.set_len(0)?,
        }
        Ok(())
    }
}

/// The calls in a sandbox's directory, oldest first. Another process may hold the directory meanwhile.
///
/// # Errors
/// If the log cannot be read; a directory without one has an empty log.
pub fn read_log(directory: &Path) -> io::Result<Vec<LogEntry>> {
    let file = match File::open(directory.join(LOG)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut entries = Vec::new();
    for line in BufReader::new(file).split(b'\n') {
        // A line that is being written, or was cut by a crash, is not an entry yet.
        if let Ok(entry) = serde_json::from_slice(&line?) {
            entries.push(entry);
        }
    }
    Ok(entries)
}
