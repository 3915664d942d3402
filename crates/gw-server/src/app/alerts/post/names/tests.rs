//! Name servers that do not answer.

use super::{MAX_LOOKED_UP, Names, Shares, on_behalf_of};
use gw_upstream::Resolve as _;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};

static ANSWERS: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

fn look(host: &str) -> std::io::Result<Vec<IpAddr>> {
    if host == "slow" {
        drop(ANSWERS.1.wait_while(ANSWERS.0.lock().unwrap(), |answers| !*answers).unwrap());
    }
    Ok(vec![IpAddr::from([127, 0, 0, 1])])
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_holds_up_nobody_else() {
    let names = Arc::new(Names { threads: Shares::new(MAX_LOOKED_UP), look });
    let ask = |who: &str, host: &'static str| {
        let (who, names) = (who.to_owned(), Arc::clone(&names));
        on_behalf_of(who, async move { names.resolve(host).await })
    };
    let give_up = async || {
        let mut left = JoinSet::new();
        for _ in 0..MAX_LOOKED_UP {
            // Each gives up before its thread does.
            let tried = ask("storm", "slow");
            left.spawn_local(async move { tokio::time::timeout(Duration::from_millis(50), tried).await });
        }
        left.join_all().await
    };
    let tried = LocalSet::new().run_until(give_up()).await;
    let refused = tried.iter().filter(|one| matches!(one, Ok(Err(_)))).count();
    assert_eq!(refused, MAX_LOOKED_UP / 2, "half of the threads are for others");
    assert!(ask("storm", "fast").await.is_err(), "its threads still wait");
    assert_eq!(ask("", "fast").await.unwrap().len(), 1);
    *ANSWERS.0.lock().unwrap() = true;
    ANSWERS.1.notify_all();
    while names.threads.left_for("storm") < MAX_LOOKED_UP / 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask("storm", "fast").await.unwrap().len(), 1);
}
