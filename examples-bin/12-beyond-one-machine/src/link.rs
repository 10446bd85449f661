//! A connection to a server that outlives the server's death.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lesson::Result;
use redis::{
    Client, Connection, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError,
    RedisResult,
};

/// How long to connect and to answer may take. No command waits at the server for longer than a second; but the server
/// waits for its disk before it answers, and a disk that is busy takes its time.
const SOON: Duration = Duration::from_secs(8);
/// How long a server that was there once may be away.
const PATIENCE: Duration = Duration::from_secs(30);
/// Streams are older, but XAUTOCLAIM's answer is that of 7.
const OLDEST: u32 = 7;

/// Where a server is.
#[derive(Clone)]
pub struct Address(ConnectionInfo);

impl Address {
    /// `redis://[:PASSWORD@]HOST[:PORT]`, or the path of a socket.
    pub fn parse(text: &OsStr) -> Result<Address> {
        let path = PathBuf::from(text);
        let info = match path.is_absolute() {
            true => ConnectionAddr::Unix(path).into_connection_info(),
            false => text.to_str().unwrap_or_default().into_connection_info(),
        };
        Ok(Address(info.map_err(|_| {
            format!("{text:?} is no address of a server: redis://[:PASSWORD@]HOST[:PORT], or /a/socket")
        })?))
    }

    /// Without its password.
    fn shown(&self) -> String {
        self.0.addr().to_string()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

/// The connection of one process. A process that is forked needs one of its own.
pub struct Link {
    address: Address,
    client: Client,
    connection: Option<Connection>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl Link {
    /// Connects. If there is no server, or none that will do, this says so at once.
    pub fn new(address: &Address) -> Result<Link> {
        let client = Client::open(address.0.clone())?;
        let mut link = Link { address: address.clone(), client, connection: None };
        let about =
            link.connected().and_then(|server| redis::cmd("INFO").arg("server").query::<String>(server));
        let about = about.map_err(|why| link.words(&why))?;
        let version = about.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("unknown");
        match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
            Some(OLDEST..) => Ok(link),
            _ => Err(format!(
                "the server at {} has version {version}: it must be Redis {OLDEST} or later, or Valkey",
                link.address.shown()
            )
            .into()),
        }
    }

    /// One to the same server for another process, which connects when it first asks.
    pub fn for_another(&self) -> Link {
        Link { address: self.address.clone(), client: self.client.clone(), connection: None }
    }

    /// Asks the server. While it is away, waits and asks again: it may have heard the question, and died before its
    /// answer came. So only ask what may be asked twice.
    pub fn ask<T>(&mut self, question: impl Fn(&mut Connection) -> RedisResult<T>) -> Result<T> {
        let started = Instant::now();
        loop {
            let why = match self.connected().and_then(&question) {
                Ok(answer) => return Ok(answer),
                Err(why) => why,
            };
            if !is_away(&why) || started.elapsed() > PATIENCE {
                return Err(self.words(&why).into());
            }
            self.connection = None;
            sleep(Duration::from_millis(50));
        }
    }

    fn connected(&mut self) -> RedisResult<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = self.client.get_connection_with_timeout(SOON)?;
                // A server that is stopped keeps its connections, and says nothing.
                connection.set_read_timeout(Some(SOON))?;
                connection.set_write_timeout(Some(SOON))?;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn words(&self, why: &RedisError) -> String {
        let server = self.address.shown();
        let said = why.detail().unwrap_or_default();
        match (why.kind(), why.code()) {
            (ErrorKind::Io, _) => format!("no server answers at {server}: {why}"),
            (ErrorKind::Parse, _) => format!("what answers at {server} is no Redis"),
            (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => {
                format!("the server at {server} wants another password: redis://:PASSWORD@HOST:PORT ({why})")
            }
            (_, Some("OOM")) => format!(
                "the server at {server} is full. What it has is safe; eating makes room, or a higher maxmemory ({why})"
            ),
            (_, Some("ERR")) if said.contains("unknown command") => {
                format!("the server at {server} must be Redis {OLDEST} or later, or Valkey ({why})")
            }
            _ => format!("the server at {server} refuses: {why}"),
        }
    }
}

/// Whether the server cannot answer now, and may be able to later.
fn is_away(why: &RedisError) -> bool {
    why.is_io_error() || matches!(why.code(), Some("LOADING"))
}
