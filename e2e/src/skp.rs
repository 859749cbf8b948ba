//! The customs computer system of a test: the fake, on a thread of this process, so that it outlives every kill.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};
use segel_sim::skp::{Setup, serve};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::house::SkpAccount;

/// A fake SKP that runs until the process ends.
pub struct Skp {
    base: String,
    agent: ureq::Agent,
}

impl Skp {
    /// Starts one on a free port.
    pub fn start() -> Result<Self> {
        let (tell, told) = mpsc::channel();
        std::thread::Builder::new()
            .name("skp".into())
            .spawn(move || run(&tell))?;
        let base = told.recv().context("the fake SKP did not start")?;
        Ok(Self {
            base,
            agent: ureq::Agent::new_with_defaults(),
        })
    }

    /// Who Segel is to it.
    pub fn account(&self) -> SkpAccount {
        SkpAccount {
            url: self.base.clone(),
        }
    }

    /// Sets its mood.
    pub fn mood(&self, mood: Value) -> Result<()> {
        self.agent.put(format!("{}/_mood", self.base)).send_json(mood)?;
        Ok(())
    }

    /// Every message it has taken, in the order of taking.
    pub fn taken(&self) -> Result<Vec<Value>> {
        let mut answer = self.agent.get(format!("{}/_taken", self.base)).call()?;
        let body: Value = answer.body_mut().with_config().limit(1 << 30).read_json()?;
        Ok(body["messages"]
            .as_array()
            .context("messages are a list")?
            .clone())
    }
}

fn run(tell: &mpsc::Sender<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        tell.send(format!("http://{address}"))
            .expect("the test waits for it");
        let setup = Setup {
            api_key: "key".into(),
            username: "segel".into(),
            password: "secret".into(),
            token_lasts: Duration::from_secs(30),
            log: None,
        };
        serve(listener, setup)
            .await
            .expect("it serves until the process ends");
    });
}
