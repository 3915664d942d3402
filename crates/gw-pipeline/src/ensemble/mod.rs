//! One answer made of several: the targets of an ensemble are asked at once, as sub-calls, and a judge or the majority
//! makes one answer of theirs. The judge's call is the request's own: its answer goes back as any answer does. Stands
//! in the place of the stages from the plan on, and takes each of its calls through them. It must not talk to a provider
//! itself.

mod ballot;
mod judge;
mod panel;
mod within;

pub(crate) use judge::whole_of;

use crate::attempt::{Attempted, Failed, Failure, execute};
use crate::guard::{Screened, screened_with_request};
use crate::lineup::Lineup;
use crate::live::Live;
use crate::receive::INLINE_BYTES;
use crate::reply::Reply;
use crate::reserve::{Funded, Largest, hold_refusal};
use crate::respond::{answer, chosen, headers};
use crate::run::fund;
use crate::subcall;
use crate::ticket::{Rejected, Ticket};
use gw_model::subcalls::Ensemble;
use gw_model::{Call, CallFacts, Earlier, Endpoint, ErrorCode, NanoUsd, Refusal, SubCallRole};
use gw_store::memory::Amounts;
use panel::{Answer, Heard, ask};
use std::sync::Arc;

/// Is the model an ensemble? Counting the tokens of a request takes only one of its targets.
pub(crate) fn is_asked(screened: &Screened) -> bool {
    !screened.model.panel().is_empty() && screened.call.format.counts().is_none()
}

/// Asks the panel, and answers with what is made of it.
pub(crate) async fn combine(screened: Screened) -> Result<Reply, Rejected> {
    let Screened { mut ticket, live, call, model, .. } = screened;
    ticket.set_model(model.model());
    let Some(ensemble) = model.ensemble.clone() else {
        return Err(ticket.reject(Refusal::new(ErrorCode::Internal, "the ensemble is not there")));
    };
    let member = match can_combine(&call).and_then(|()| judge::for_panel(&call, depth(&live))) {
        Ok(member) => member,
        Err(refusal) => return Err(ticket.reject(refusal)),
    };
    let mut ticket = ticket;
    // The request counts before anybody is asked in its name.
    if ticket.must_ask()
        && let Err(refused) = Box::pin(ticket.ask(Amounts::default())).await
    {
        return Err(ticket.reject(hold_refusal(&refused)));
    }
    let mut request = Request { ticket, live, call, model, ensemble };
    let members = match request.fund_panel(&member).await {
        Ok(members) => members,
        Err(refusal) => return Err(request.ticket.reject(refusal)),
    };
    let asked = members.len();
    let heard = ask(members, &request.ensemble).await;
    request.answer(heard, asked).await
}

/// Two levels more than a request may have: parts become objects when they are written anew.
const fn depth(live: &Live) -> usize {
    live.snapshot.settings.max_json_depth + 2
}

fn can_combine(call: &Call) -> Result<(), Refusal> {
    if call.format.endpoint() != Endpoint::Chat || call.raw.is_some() {
        let text = format!("an ensemble answers conversations, and not '{}'", call.format.as_str());
        return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("model"));
    }
    if call.facts.choices > 1 {
        let text = "an ensemble gives one answer; leave 'n' out";
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param("n"));
    }
    if matches!(call.facts.earlier.as_deref(), Some(Earlier::AtProvider(_))) {
        let text =
            "an ensemble can not go on from an answer that one provider stores; send the whole conversation";
        return Err(Refusal::new(ErrorCode::UnsupportedParameter, text).param("previous_response_id"));
    }
    Ok(())
}

/// A request to an ensemble.
struct Request {
    ticket: Ticket,
    live: Arc<Live>,
    call: Box<Call>,
    model: Arc<Lineup>,
    ensemble: Ensemble,
}

impl Request {
    /// Holds the money of as many members as may be asked. Errors: not even the quorum may.
    async fn fund_panel(&mut self, member: &Call) -> Result<Vec<Funded>, Refusal> {
        let reserve = self.live.snapshot.settings.reserve_output_tokens;
        let bounds: Vec<Largest> =
            self.model.panel().iter().map(|model| within::bound(&member.facts, model, reserve)).collect();
        let count = match self.ensemble.max_cost {
            None => bounds.len(),
            Some(most) => {
                let judge = |tokens| self.judge_bound(tokens);
                within::members(&bounds, judge, self.ensemble.quorum, most)
                    .map_err(|least| too_dear(&self.model.name, most, least))?
            }
        };
        let (mut funded, mut first_refusal) = (Vec::with_capacity(count), None);
        let model = Arc::clone(&self.model);
        for (lineup, bound) in model.panel().iter().zip(&bounds).take(count) {
            match self.fund_one(member, lineup, bound).await {
                Ok(one) => funded.push(one),
                Err(refusal) => {
                    first_refusal.get_or_insert(refusal);
                }
            }
        }
        if funded.len() >= self.ensemble.quorum {
            return Ok(funded);
        }
        let refusal = first_refusal.unwrap_or_else(|| unable(&self.model.name));
        funded.into_iter().for_each(|one| one.ticket.refused(refusal.code));
        Err(refusal)
    }

    /// The most that a judge may cost that reads so many tokens besides the request.
    fn judge_bound(&self, tokens: u64) -> NanoUsd {
        let Some(judge) = self.model.judge() else { return NanoUsd::ZERO };
        let input_tokens = self.call.facts.input_tokens.saturating_add(tokens);
        let facts = CallFacts { input_tokens, ..self.call.facts.clone() };
        within::bound(&facts, judge, self.live.snapshot.settings.reserve_output_tokens).cost
    }

    async fn fund_one(
        &mut self,
        member: &Call,
        lineup: &Arc<Lineup>,
        bound: &Largest,
    ) -> Result<Funded, Refusal> {
        let opened =
            subcall::open(&mut self.ticket, SubCallRole::Panel, &self.live, Box::new(member.clone()), lineup);
        let mut screened = opened.ok_or_else(|| unable(&self.model.name))?;
        if self.ensemble.max_cost.is_some() {
            screened.ticket.cap(bound.cost);
        }
        match fund(screened).await {
            Ok(funded) => Ok(bounded(funded, &self.ensemble)),
            Err(rejected) => {
                rejected.ticket.refused(rejected.refusal.code);
                Err(rejected.refusal)
            }
        }
    }

    /// Makes one answer of those that came.
    async fn answer(self, heard: Heard, asked: usize) -> Result<Reply, Rejected> {
        let ballots: Vec<_> = heard.answers.iter().map(|answer| &answer.ballot).collect();
        let answered = ballots.len();
        let winner = ballot::count(&ballots).filter(|_| answered >= self.ensemble.quorum);
        let Some((winner, votes)) = winner else { return Ok(self.too_few(answered, asked)) };
        let counts = format!("panel={asked}; answered={answered}; cancelled={}", heard.cancelled);
        let calls_tools = ballots.get(winner).is_some_and(|ballot| ballot.is_tools()) && votes * 2 > answered;
        let majority = if votes > 1 { "majority" } else { "first" };
        let Some(judge) = self.model.judge().map(Arc::clone).filter(|_| !calls_tools) else {
            return Ok(self.choose(heard.answers, winner, &format!("{counts}; fused={majority}")));
        };
        let texts = heard.answers.iter().map(|answer| answer.text.clone()).collect();
        self.judged(judge, texts, heard.answers, (winner, majority), &counts).await
    }

    /// Lets the judge make the answer; the winner of the vote is the answer if it can not.
    async fn judged(
        self,
        judge: Arc<Lineup>,
        texts: Vec<String>,
        answers: Vec<Answer>,
        (winner, majority): (usize, &'static str),
        counts: &str,
    ) -> Result<Reply, Rejected> {
        let instead = format!("{counts}; fused={majority}");
        let Ok(call) = self.judge_call(texts).await else {
            return Ok(self.choose(answers, winner, &instead));
        };
        let Self { mut ticket, live, call: asked, model, ensemble } = self;
        if let Some(most) = ensemble.max_cost {
            let left = most.minus(ticket.cost_of_sub_calls());
            ticket.cap(left);
        }
        let again = |ticket| Self {
            ticket,
            live: Arc::clone(&live),
            call: asked.clone(),
            model: Arc::clone(&model),
            ensemble: ensemble.clone(),
        };
        let screened = screened_with_request(ticket, Arc::clone(&live), Box::new(call), judge);
        let mut funded = match fund(screened).await {
            Ok(funded) => bounded(funded, &ensemble),
            Err(rejected) => return Ok(again(rejected.ticket).choose(answers, winner, &instead)),
        };
        funded.has_spare = true;
        let attempted = match execute(funded).await {
            Ok(Attempted::Failure(failed)) => {
                return Ok(again(failed.ticket).choose(answers, winner, &instead));
            }
            Ok(attempted) => attempted,
            Err(rejected) => return Ok(again(rejected.ticket).choose(answers, winner, &instead)),
        };
        let mut reply = answer(attempted).await?;
        headers::add_ensemble(reply.headers_mut(), &format!("{counts}; fused=judge"));
        Ok(reply)
    }

    /// A long conversation is written off the worker, whose other calls would wait.
    async fn judge_call(&self, texts: Vec<String>) -> Result<Call, Refusal> {
        let (call, depth) = (self.call.clone(), depth(&self.live));
        let prompt = self.ensemble.prompt.clone();
        let bytes = texts.iter().fold(call.full().len(), |sum, text| sum.saturating_add(text.len()));
        let write = move || judge::call(&call, &texts, prompt.as_deref(), depth);
        if bytes <= INLINE_BYTES {
            return write();
        }
        let broken = |_| Refusal::new(ErrorCode::Internal, "the answers could not be written down");
        tokio::task::spawn_blocking(write).await.map_err(broken)?
    }

    /// One of the answers is the answer.
    fn choose(self, mut answers: Vec<Answer>, winner: usize, note: &str) -> Reply {
        let Answer { headers, body, events, .. } = answers.swap_remove(winner);
        chosen::reply(self.ticket, &self.call, chosen::Chosen { headers, body, events, note })
    }

    fn too_few(self, answered: usize, asked: usize) -> Reply {
        let text = format!(
            "{answered} of the {asked} models that '{}' asks have answered in time, and it needs {}",
            self.model.name, self.ensemble.quorum
        );
        let refusal = Refusal::new(ErrorCode::UpstreamError, text);
        let (model_name, failure) =
            (Arc::clone(&self.model.name), Failure::Refusal { refusal, target: None });
        let failed = Failed { ticket: self.ticket, model_name, failure };
        crate::respond::failure::reply(failed)
    }
}

/// Under a cap, what is held is also all that may be made.
fn bounded(mut funded: Funded, ensemble: &Ensemble) -> Funded {
    if ensemble.max_cost.is_some() && funded.call.facts.max_output_tokens.is_none() {
        funded.enforce_output = Some(funded.output_bound).filter(|bound| *bound > 0);
    }
    funded
}

fn too_dear(model: &str, most: NanoUsd, least: NanoUsd) -> Refusal {
    let text = format!(
        "this request may cost up to ${least} at '{model}', which allows ${most} ('max_cost_usd'); send less, or ask for \
         fewer output tokens"
    );
    Refusal::new(ErrorCode::BudgetExceeded, text)
}

fn unable(model: &str) -> Refusal {
    let text = format!("the models that '{model}' asks can not take this request");
    Refusal::new(ErrorCode::InvalidRequest, text).param("model")
}
