//! Many dishes with one question. Each of them is as safe as one alone: only the waiting for answers is shared.

use lesson::Result;
use redis::cmd;
use redis::streams::StreamReadReply;

use super::{DONE, Dish, Kitchen, PUT, dish};

impl Kitchen {
    /// Puts dishes. When this returns, all of them are in the server's file.
    pub fn put_all(&mut self, dishes: &[String]) -> Result {
        let puts = dishes.iter().map(|dish| {
            let mut put = PUT.key(&self.keys);
            put.arg(format!("{:032x}", rand::random::<u128>())).arg(dish);
            put
        });
        let puts: Vec<_> = puts.collect();
        self.link.ask(|server| {
            let mut all = redis::pipe();
            all.load_script(&PUT).ignore();
            puts.iter().for_each(|put| _ = all.invoke_script(put).ignore());
            all.exec(server)
        })
    }

    /// Takes the dishes that are there, at most so many, and waits for one if there is none. It gets none if the kitchen is
    /// closed.
    pub fn get_some(&mut self, most: usize) -> Result<Vec<Dish>> {
        let Some(first) = self.get()? else { return Ok(vec![]) };
        let mut taken = vec![first];
        let more = most.saturating_sub(1);
        if more > 0 {
            let new: Option<StreamReadReply> = self.link.ask(|server| {
                let mut read = cmd("XREADGROUP");
                read.arg("GROUP").arg("eaters").arg(&self.me).arg("COUNT").arg(more);
                read.arg("STREAMS").arg(&self.keys[0]).arg(">").query(server)
            })?;
            for entry in new.iter().flat_map(|new| &new.keys).flat_map(|key| &key.ids) {
                taken.push(dish(entry, false)?);
            }
        }
        Ok(taken)
    }

    /// The dishes are eaten: how many of them count. Of the others another was first.
    pub fn all_done(&mut self, dishes: &[Dish]) -> Result<usize> {
        let words = dishes.iter().map(|dish| {
            let mut done = DONE.key(&self.keys);
            done.arg(&dish.entry).arg(&dish.once).arg(&dish.name).arg(&self.me);
            done
        });
        let words: Vec<_> = words.collect();
        let by: Vec<Option<String>> = self.link.ask(|server| {
            let mut all = redis::pipe();
            all.load_script(&DONE).ignore();
            words.iter().for_each(|done| _ = all.invoke_script(done));
            all.query(server)
        })?;
        Ok(by.iter().filter(|by| by.as_ref() == Some(&self.me)).count())
    }
}
