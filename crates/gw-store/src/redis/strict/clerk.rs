//! The one who talks with Redis about limits and budgets: takes what waits in the queue, sends it in one go, and hands out
//! the answers. One exchange is under way at a time; what comes meanwhile goes with the next, so that much traffic makes
//! larger ones instead of more. It must not keep anybody waiting for a Redis that does not answer.

use super::super::error::RedisError;
use super::books::{Books, News};
use super::desk::{Denied, Desk, Granted, MAX_WAITING, Message, Phase, State};
use super::exchange::{Exchange, Place, Sent};
use super::grant::Grant;
use super::hall::Hall;
use super::lease::{Filled, Leases};
use super::wire::{Answer, Told};
use crate::memory::{Claim, Leased};
use gw_model::{Micros, Secret};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

/// Most messages of one exchange.
const MAX_BATCH: usize = 256;

/// Most windows that are told at once when coming.
const MAX_SPENT: usize = 500;

/// How often this gateway says that it is there; how often while the sums are put together.
const BEAT_EVERY: Duration = Duration::from_secs(1);
const GATHERING_EVERY: Duration = Duration::from_millis(100);

/// How long a Redis that knows nothing waits for gateways that nobody here knows of: such as those that started just now.
const GRACE: Duration = Duration::from_millis(1500);

/// Pause between tries to connect: while Redis is away it costs one try a second, whatever the traffic.
const PAUSE: Duration = Duration::from_secs(1);

/// What a clerk must know.
#[derive(Debug)]
pub struct ClerkSettings {
    /// The address of Redis.
    pub url: Secret,
    /// Start of the names of keys.
    pub prefix: String,
    /// This gateway's number, the same after a restart.
    pub node: u64,
    /// Longest time that a call waits for an answer.
    pub timeout: Duration,
    /// A gateway that was silent for so long is dead.
    pub dead_after: Duration,
}

/// Hears of changes: how it stands, how many gateways there are, and what went wrong.
pub type Watch = Box<dyn Fn(Phase, usize, Option<&RedisError>) + Send>;

/// See the module.
pub struct Clerk {
    place: Place,
    dead_after: Duration,
    queue: mpsc::Receiver<Message>,
    state: Arc<State>,
    books: Arc<Books>,
    leases: Arc<Leases>,
    hall: Hall,
    /// The gateways seen last.
    nodes: Vec<String>,
    /// The server's run that has heard all that was spent.
    joined: Option<String>,
    /// The state of keys and accounts that it was told of, and whether what others spent was among it.
    told: u64,
    has_others: bool,
    /// Since when it can not be read what others spent.
    unready_since: Option<Instant>,
    watch: Watch,
}

impl std::fmt::Debug for Clerk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clerk").field("place", &self.place).finish_non_exhaustive()
    }
}

/// An ask whose answer is awaited.
struct Asked {
    claim: Claim,
    place: OwnedPermit<Message>,
    reply: oneshot::Sender<Result<Granted, Denied>>,
}

impl Clerk {
    /// A clerk, and the desk where calls ask it. `watch` hears of every change of the state.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(
        settings: &ClerkSettings,
        books: Arc<Books>,
        watch: Watch,
    ) -> Result<(Self, Desk), RedisError> {
        let place = Place::new(&settings.url, &settings.prefix, settings.node, settings.timeout)?;
        let (sender, queue) = mpsc::channel(MAX_WAITING);
        let (state, leases) = (Arc::new(State::new()), Arc::new(Leases::default()));
        let clerk = Self {
            place,
            dead_after: settings.dead_after,
            queue,
            state: Arc::clone(&state),
            books,
            leases: Arc::clone(&leases),
            hall: Hall::default(),
            nodes: Vec::new(),
            joined: None,
            told: 0,
            has_others: false,
            unready_since: None,
            watch,
        };
        let gone_after_ms = u64::try_from(settings.dead_after.as_millis()).unwrap_or(u64::MAX);
        Ok((clerk, Desk { queue: sender, state, gone_after_ms, timeout: settings.timeout, leases }))
    }

    /// Serves the queue until this gateway leaves.
    pub async fn run(mut self) {
        loop {
            let began = super::now();
            let Err(error) = self.serve().await else { return };
            // A Redis that is there and knows nothing is told at once.
            let is_new = matches!(error, RedisError::Forgotten) && self.state.phase() != Phase::Gathering;
            let is_there = is_new || matches!(error, RedisError::Unready);
            let phase = if is_there { Phase::Gathering } else { Phase::Away };
            // What lasted is tried again at once; what does not last, once a second.
            let pause = if is_new || began.elapsed() > PAUSE { Duration::ZERO } else { PAUSE };
            self.set(phase, Some(&error));
            let until = super::now() + pause;
            // Nobody waits meanwhile.
            while let Ok(Some(message)) = tokio::time::timeout_at(until, self.queue.recv()).await {
                self.put_off(message);
            }
        }
    }

    fn set(&self, phase: Phase, error: Option<&RedisError>) {
        if self.state.phase() != phase || error.is_some() {
            self.state.set(phase);
            (self.watch)(phase, self.nodes.len(), error);
        }
    }

    /// What cannot be sent.
    fn put_off(&mut self, message: Message) {
        match message {
            Message::Ask { reply, .. } => drop(reply.send(Err(Denied::Away))),
            Message::Tell(told) => self.note_not_heard(told),
            Message::Sum { .. } => {}
        }
    }

    fn note_not_heard(&mut self, told: Vec<Told>) {
        for one in told {
            self.hall.hear(&one);
            self.hall.not_heard(one);
        }
    }

    /// Comes, and serves until the connection fails.
    async fn serve(&mut self) -> Result<(), RedisError> {
        let mut exchange = self.join().await?;
        let mut beats = tokio::time::interval(GATHERING_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_beat = super::now();
        let mut batch = Vec::with_capacity(MAX_BATCH);
        let mut news: Option<JoinHandle<News>> = None;
        loop {
            tokio::select! {
                Some(read) = next(&mut news) => {
                    news = None;
                    self.tell_news(&mut exchange, read).await?;
                }
                _ = beats.tick() => {
                    self.tend_leases(&mut exchange).await?;
                    if self.state.is_leaving.load(Ordering::Acquire) {
                        exchange.bye().await;
                        return Ok(());
                    }
                    if super::now() < next_beat && self.state.phase() == Phase::Open {
                        continue;
                    }
                    let beat = exchange.beat(self.dead_after, GRACE).await?;
                    let is_known = self.nodes.len() == beat.nodes.len();
                    self.nodes = beat.nodes;
                    self.state.set_nodes(self.nodes.len());
                    if !is_known {
                        (self.watch)(self.state.phase(), self.nodes.len(), None);
                    }
                    self.set(if beat.is_open { Phase::Open } else { Phase::Gathering }, None);
                    next_beat = super::now() + BEAT_EVERY;
                    if news.is_none() && self.books.has_news(self.told, self.has_others) {
                        let (books, told, has_others) = (Arc::clone(&self.books), self.told, self.has_others);
                        news = Some(tokio::task::spawn_blocking(move || books.news(told, has_others)));
                    }
                }
                taken = self.queue.recv_many(&mut batch, MAX_BATCH) => {
                    if taken == 0 {
                        return Err(RedisError::Gone);
                    }
                    self.deal_with(&mut exchange, &mut batch).await?;
                }
            }
        }
    }

    /// Says all that this gateway knows: first what was spent, then what its calls hold, which lets limits hold again.
    async fn join(&mut self) -> Result<Exchange, RedisError> {
        let opening = self.place.clone();
        let nodes = self.nodes.clone();
        let open = opening.open(&nodes);
        tokio::pin!(open);
        let mut exchange = loop {
            tokio::select! {
                opened = &mut open => break opened?,
                Some(message) = self.queue.recv() => self.put_off(message),
            }
        };
        let mut told = Vec::new();
        if self.joined.as_ref() != Some(&exchange.run) {
            told = self.all(&mut exchange).await?;
            self.leases.forget_windows();
            // What these give back is not in what was just read.
            while let Ok(message) = self.queue.try_recv() {
                self.put_off(message);
            }
        }
        // After it: what a rolling window is told whole takes the place of what was told before.
        told.extend(self.hall.take_unheard());
        let mut failed = None;
        let mut rest = told.into_iter();
        loop {
            let some: Vec<Told> = rest.by_ref().take(MAX_SPENT).collect();
            if some.is_empty() {
                break;
            }
            if let Err(error) = exchange.say_spent(&some).await {
                failed = Some(error);
                some.into_iter().chain(rest).for_each(|told| self.hall.not_heard(told));
                break;
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        exchange.join(self.hall.held()).await?;
        self.joined = Some(exchange.run.clone());
        Ok(exchange)
    }

    /// All that this gateway knows, for a Redis that knows nothing of it.
    async fn all(&mut self, exchange: &mut Exchange) -> Result<Vec<Told>, RedisError> {
        let (books, wants_others) = (Arc::clone(&self.books), !exchange.knows_others);
        let read = tokio::task::spawn_blocking(move || books.all(wants_others)).await;
        let News { generation, told, has_others } = read.map_err(|_| RedisError::Unready)?;
        if has_others {
            self.unready_since = None;
        } else if self.unready_since.get_or_insert_with(super::now).elapsed() < self.dead_after {
            // What those spent that are gone is in the database alone.
            return Err(RedisError::Unready);
        }
        (self.told, self.has_others) = (generation, has_others);
        exchange.knows_others |= has_others;
        Ok(told)
    }

    /// Tells what is new while calls go on.
    async fn tell_news(&mut self, exchange: &mut Exchange, news: News) -> Result<(), RedisError> {
        for some in news.told.chunks(MAX_SPENT) {
            let answers = exchange.send(&[Sent::Told(some)], 0).await?;
            if !matches!(answers[..], [Answer::Taken { .. }]) {
                return Err(RedisError::Forgotten);
            }
        }
        (self.told, self.has_others) = (news.generation, news.has_others);
        Ok(())
    }

    /// Tells what came of what is set aside, gives back what is not needed, and fetches what is.
    async fn tend_leases(&mut self, exchange: &mut Exchange) -> Result<(), RedisError> {
        let is_leaving = self.state.is_leaving.load(Ordering::Acquire);
        let told = self.leases.sweep(self.books.now(), is_leaving);
        let mut batch: Vec<Message> =
            told.chunks(MAX_SPENT).map(|some| Message::Tell(some.to_vec())).collect();
        self.deal_with(exchange, &mut batch).await
    }

    /// What is to be set aside, where it can be asked for.
    fn wanted_leases(&self) -> Vec<(Leased, Claim)> {
        let may_ask = self.state.phase() == Phase::Open && !self.state.is_leaving.load(Ordering::Acquire);
        if may_ask { self.leases.wanted(self.books.now(), self.state.nodes()) } else { Vec::new() }
    }

    fn fill_lease(&mut self, (of, claim): &(Leased, Claim), asked_at: Micros, answer: &Answer) {
        let filled = match answer {
            Answer::Taken { at, left, used, .. } => {
                self.hall.take(claim);
                claim.items.first().map(|item| Filled::of(item, *at, asked_at, left, used))
            }
            _ => None,
        };
        self.leases.fill(of, filled, asked_at);
    }

    async fn deal_with(
        &mut self,
        exchange: &mut Exchange,
        batch: &mut Vec<Message>,
    ) -> Result<(), RedisError> {
        let mut asked: Vec<Option<Asked>> = Vec::with_capacity(batch.len());
        let mut told: Vec<Vec<Told>> = Vec::with_capacity(batch.len());
        let mut sums = Vec::new();
        for message in batch.drain(..) {
            match message {
                Message::Sum { accounts, reply } => sums.push((accounts, reply)),
                // Whoever asked has left.
                Message::Ask { reply, .. } if reply.is_closed() => {}
                Message::Ask { claim, place, reply } => {
                    asked.push(Some(Asked { claim, place, reply }));
                    told.push(Vec::new());
                }
                Message::Tell(some) => {
                    some.iter().for_each(|one| self.hall.hear(one));
                    asked.push(None);
                    told.push(some);
                }
            }
        }
        let sent = asked.iter().zip(&told).map(|(asked, told)| match asked {
            Some(asked) => Sent::Claim(&asked.claim),
            None => Sent::Told(told),
        });
        let (leases, asked_at) = (self.wanted_leases(), self.books.now());
        let sent: Vec<Sent<'_>> = sent.chain(leases.iter().map(|(_, claim)| Sent::Claim(claim))).collect();
        let answers = if sent.is_empty() { Ok(Vec::new()) } else { exchange.send(&sent, 0).await };
        drop(sent);
        let answers = match answers {
            Ok(answers) => answers,
            Err(error) => {
                // Whether they were taken is not known; what this gateway says when it comes again decides.
                leases.iter().for_each(|(of, _)| self.leases.fill(of, None, asked_at));
                told.into_iter().flatten().for_each(|told| self.hall.not_heard(told));
                for asked in asked.into_iter().flatten() {
                    drop(asked.reply.send(Err(Denied::Away)));
                }
                return Err(error);
            }
        };
        let mut is_stale = false;
        for (lease, answer) in leases.iter().zip(answers.iter().skip(asked.len())) {
            is_stale |= *answer == Answer::Stale;
            self.fill_lease(lease, asked_at, answer);
        }
        for ((asked, told), answer) in asked.into_iter().zip(told).zip(answers) {
            is_stale |= answer == Answer::Stale;
            match asked {
                Some(asked) => self.reply(asked, answer),
                None if answer == Answer::Stale => {
                    told.into_iter().for_each(|told| self.hall.not_heard(told));
                }
                None => {}
            }
        }
        for (accounts, reply) in sums {
            // Whoever asked may have left.
            drop(reply.send(exchange.held(&accounts).await?));
        }
        if is_stale { Err(RedisError::Forgotten) } else { Ok(()) }
    }

    fn reply(&mut self, asked: Asked, answer: Answer) {
        let Asked { claim, place, reply } = asked;
        let result = match answer {
            Answer::Taken { at, shadow, left, used } => {
                self.hall.take(&claim);
                Ok(Granted { grant: Grant::new(claim, at, place), shadow, left, used })
            }
            Answer::Refused(item, why) => Err(Denied::Refused(claim, item, why)),
            Answer::Closed => {
                self.set(Phase::Gathering, None);
                Err(Denied::Gathering)
            }
            Answer::Stale => Err(Denied::Gathering),
        };
        // Where nobody waits any more, the grant is dropped, which gives it back.
        drop(reply.send(result));
    }
}

/// What was read, once it is; nothing while nothing is read.
async fn next(news: &mut Option<JoinHandle<News>>) -> Option<News> {
    match news {
        Some(reading) => match reading.await {
            Ok(read) => Some(read),
            // It could not be read: the next beat tries again.
            Err(_) => {
                *news = None;
                None
            }
        },
        None => std::future::pending().await,
    }
}
