//! A way to a server on which answers are lost: the command is carried out, and then the connection breaks.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use checks::Verdict;

use crate::fake::listener;

/// The way to one server.
pub(crate) struct Proxy {
    /// Where it begins.
    pub(crate) address: String,
    lost: Arc<Mutex<HashSet<Vec<u8>>>>,
}

impl Proxy {
    /// Loses the first answer to each script that is asked for with these arguments. Whoever asks for the same again gets it.
    pub(crate) fn to(socket: String) -> Verdict<Proxy> {
        let (listener, address) = listener()?;
        let lost = Arc::new(Mutex::new(HashSet::new()));
        let way = Proxy { address, lost: Arc::clone(&lost) };
        // It is gone with the test, and so is the server.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (socket, lost) = (socket.clone(), Arc::clone(&lost));
                thread::spawn(move || {
                    UnixStream::connect(socket).and_then(|server| pass(client, server, lost))
                });
            }
        });
        Ok(way)
    }

    /// How many answers were lost.
    pub(crate) fn lost(&self) -> usize {
        locked(&self.lost).len()
    }
}

/// Passes on what is asked and answered, in turn: a client asks when it has its last answer.
fn pass(
    mut client: TcpStream,
    mut server: UnixStream,
    lost: Arc<Mutex<HashSet<Vec<u8>>>>,
) -> std::io::Result<()> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (mut answers, mut to_client, question) =
        (server.try_clone()?, client.try_clone()?, Arc::clone(&asked));
    thread::spawn(move || {
        let mut answer = [0; 1 << 16];
        while let Ok(length @ 1..) = answers.read(&mut answer) {
            let answer = &answer[..length];
            let question = locked(&question).clone();
            let is_a_script = question.windows(7).any(|word| word == b"EVALSHA");
            // The server does not know the script yet, and has carried out nothing.
            let is_done = is_a_script && !answer.starts_with(b"-NOSCRIPT");
            if is_done && locked(&lost).insert(question) || to_client.write_all(answer).is_err() {
                break;
            }
        }
        // Whoever is gone already need not be told.
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = answers.shutdown(Shutdown::Both);
    });
    let mut heard = [0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut heard) {
        *locked(&asked) = heard[..length].to_vec();
        server.write_all(&heard[..length])?;
    }
    server.shutdown(Shutdown::Both)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
