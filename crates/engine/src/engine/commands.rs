//! What a run can be told while it goes on.

use mosipctl_journal::{Actor, Command, Event};
use mosipctl_plan::StepId;

use super::{Ending, Engine};
use crate::board::{End, Stand};
use crate::handle::Refusal;
use crate::live::Stage;

impl Engine {
    /// Carries out a command and journals it.
    pub(super) fn command(&mut self, command: Command, actor: Actor) -> Result<(), Refusal> {
        let result = self.permissible(&command);
        let refused = result.as_ref().err().map(ToString::to_string);
        let received = Event::CommandReceived {
            command: command.clone(),
            refused,
        };
        let stream = self.run.stream.clone();
        // Not awaited: it is durable before anything that follows from it.
        stream.announce_by(actor.clone(), received);
        result?;
        match command {
            Command::Pause if !self.paused => {
                self.paused = true;
                stream.announce_by(actor, Event::Paused);
            }
            Command::Resume if self.paused => {
                self.paused = false;
                stream.announce_by(actor, Event::Resumed);
            }
            Command::Pause | Command::Resume => {}
            Command::Cancel => self.wind_down(Ending::Cancelled(actor)),
            Command::Stop => self.wind_down(Ending::Stopped(actor)),
            Command::Retry { step } => self.try_again(&step),
        }
        Ok(())
    }

    fn permissible(&self, command: &Command) -> Result<(), Refusal> {
        let stopping = self.ending.is_some();
        match command {
            Command::Cancel | Command::Stop => Ok(()),
            Command::Pause | Command::Resume | Command::Retry { .. } if stopping => {
                Err(Refusal::Stopping)
            }
            Command::Pause | Command::Resume => Ok(()),
            Command::Retry { step } => self.can_be_tried_again(step),
        }
    }

    fn can_be_tried_again(&self, id: &StepId) -> Result<(), Refusal> {
        let step = id.to_string();
        let Some(number) = self.course.number(id) else {
            let known = self.course.steps.iter().map(|step| step.id.as_str());
            let nearest = mosipctl_spec::nearest(&step, known).map(str::to_owned);
            return Err(Refusal::UnknownStep { step, nearest });
        };
        match self.board.stand(number) {
            Stand::Ended(End::Failed { .. }) => Ok(()),
            Stand::Running(live) if live.sight().stage == Stage::Retrying => Ok(()),
            _ => Err(Refusal::NotFailed { step }),
        }
    }

    /// Tries a failed step again, or at once one that waits for its next try.
    fn try_again(&mut self, id: &StepId) {
        let Some(number) = self.course.number(id) else {
            return;
        };
        if let Stand::Running(live) = self.board.stand(number) {
            live.wake.notify_one();
        }
        if self.board.reopen(number) {
            self.queue.push(number);
        }
    }
}
