//! [`Queue`]: a pipe and a lock.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::channel::Channel;
use crate::error::Error;
use crate::fault::step;
use crate::wait::Wait;

/// A queue that any number of processes put into and get from.
pub struct Queue<T> {
    channel: Arc<Channel>,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Queue<T> {
    /// new
    pub fn new() -> Result<Queue<T>, Error> {
        Ok(Queue { channel: Arc::new(Channel::new(None)?), of: PhantomData })
    }

    /// bounded
    pub fn bounded(maxsize: usize) -> Result<Queue<T>, Error> {
        Ok(Queue { channel: Arc::new(Channel::new(Some(maxsize))?), of: PhantomData })
    }

    /// put
    pub fn put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Forever, false)
    }

    /// try put
    pub fn try_put(&self, item: &T) -> Result<(), Error> {
        self.channel.put(item, Wait::Not, false)
    }

    /// put timeout
    pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<(), Error> {
        self.channel.put(item, Wait::at_most(timeout), false)
    }

    /// get
    pub fn get(&self) -> Result<T, Error> {
        self.take(Wait::Forever)
    }

    /// try get
    pub fn try_get(&self) -> Result<T, Error> {
        self.take(Wait::Not)
    }

    /// get timeout
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, Error> {
        self.take(Wait::at_most(timeout))
    }

    fn take(&self, wait: Wait) -> Result<T, Error> {
        let channel = &*self.channel;
        step!("get: before");
        let getting = channel.member.getting(&channel.board)?;
        step!("get: shown");
        let record = channel.records.read(wait)?.ok_or(Error::Empty)?;
        step!("get: read");
        channel.taken()?;
        step!("get: rung");
        let item = channel.open(&record);
        drop(getting);
        step!("get: done");
        item
    }
}

impl<T> Queue<T> {
    /// len
    pub fn len(&self) -> Result<usize, Error> {
        self.channel.records.len()
    }

    /// empty
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.len()? == 0)
    }

    /// full
    pub fn is_full(&self) -> Result<bool, Error> {
        self.channel.is_full()
    }

    /// maxsize
    pub fn maxsize(&self) -> Option<usize> {
        self.channel.maxsize
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue { channel: self.channel.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.show(f, "Queue")
    }
}
