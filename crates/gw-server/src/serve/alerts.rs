//! The thread of alerts: looks now and again, and tells channels what is due. No request waits for it, and it waits for no
//! request.

use crate::app::alerts::post::Post;
use crate::app::alerts::watcher::Watcher;
use crate::app::alerts::{self, Test};
use crate::app::state::App;
use gw_ingress::listen::worker::Phase;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

/// How often is looked for what is due to be told.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How long what is under way may take when the process ends. What is not told by then is told after the next start.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Threads for questions to the database. Nothing else waits on them: names are looked up elsewhere.
const BLOCKING_THREADS: usize = 4;

/// How often old events are dropped.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);

/// Starts the thread; it ends with the process's last phase.
pub(super) fn start(app: &Arc<App>, phase: watch::Receiver<Phase>) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()?;
    let app = Arc::clone(app);
    std::thread::Builder::new().name("alerts".to_owned()).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, run(app, phase));
        runtime.block_on(async { drop(local) });
        // A database that does not answer must not keep the process from ending.
        runtime.shutdown_background();
    })
}

async fn run(app: Arc<App>, mut phase: watch::Receiver<Phase>) {
    let mut post = Post::new(Arc::clone(&app));
    let Some(tests) = app.alerts.take_tests() else { return };
    {
        let look = look_again_and_again(Arc::clone(&app));
        let tell = tell_again_and_again(&app, &mut post, tests);
        tokio::select! {
            () = look => {}
            () = tell => {}
            () = prune(Arc::clone(&app)) => {}
            _ = phase.wait_for(|phase| *phase >= Phase::Ending) => {}
        }
    }
    post.end(END_WITHIN).await;
}

async fn look_again_and_again(app: Arc<App>) {
    let watcher = Arc::new(Mutex::new(Watcher::new(Arc::clone(&app))));
    let mut is_failing = false;
    loop {
        let looking = Arc::clone(&watcher);
        let looked = tokio::task::spawn_blocking(move || looking.lock().look()).await;
        match looked {
            Ok(Ok(is_told)) => {
                is_failing = false;
                app.alerts.metrics.note_look("ok");
                if is_told {
                    app.alerts.changed.notify_one();
                }
            }
            Ok(Err(error)) => {
                app.alerts.metrics.note_look("failed");
                // Whoever talks to the database says that it is away.
                if !std::mem::replace(&mut is_failing, true) && !error.is_unavailable() {
                    tracing::error!(%error, "a look for alerts failed; it is tried again and again");
                }
            }
            Err(_) => return,
        }
        tokio::time::sleep(Duration::from_secs(app.alerts.policy.load().evaluate_every_seconds)).await;
    }
}

async fn tell_again_and_again(app: &App, post: &mut Post, mut tests: mpsc::Receiver<Test>) {
    loop {
        if post.tell().await {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(TELL_EVERY) => {}
            () = app.alerts.changed.notified() => {}
            test = tests.recv() => match test {
                Some(test) => post.test(test),
                None => return,
            }
        }
    }
}

async fn prune(app: Arc<App>) {
    loop {
        let pruned = Arc::clone(&app);
        if tokio::task::spawn_blocking(move || alerts::prune(&pruned)).await.is_err() {
            return;
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}
