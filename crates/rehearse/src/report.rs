//! What a rehearsal found out, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::quantity::Amount;

/// What a rehearsal found out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The environment.
    pub environment: String,
    /// Whether every pod has a node.
    pub fits: bool,
    /// Pods that no node takes.
    pub unplaced: Vec<Unplaced>,
    /// The smallest change that would make it fit.
    pub remedy: Option<String>,
    /// Whether more nodes would help, when it does not fit.
    pub more_nodes_help: bool,
    /// The smallest number of nodes that fits and survives the loss of any one, when that was searched.
    pub smallest: Option<u32>,
    /// Its nodes and what they hold after the roll-out.
    pub nodes: Vec<NodeUse>,
    /// Pods that run.
    pub pods: usize,
    /// Releases that were rolled out.
    pub releases: usize,
    /// What was drilled, in order.
    pub drills: Vec<DrillReport>,
    /// Drills that were asked for and could not be run, with the reason.
    pub not_drilled: Vec<String>,
    /// Disruption budgets that let no pod go.
    pub blocked: Vec<String>,
    /// How long the roll-out will take on real machines.
    pub prediction: Prediction,
    /// Every image that is pulled.
    pub images: Vec<String>,
    /// Images that pods asked for and the catalogue does not list.
    pub unlisted_images: Vec<String>,
    /// Components whose third party's chart was stood in for.
    pub stand_ins: BTreeMap<String, String>,
    /// What was only pretended.
    pub simulated: Vec<String>,
    /// The cluster whose likeness the lab was, if it was one.
    pub likeness: Option<LikenessReport>,
}

/// What a lab was the likeness of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LikenessReport {
    /// Pods of others that stood beside the environment.
    pub neighbours: usize,
    /// What they ask for.
    pub requests: Amount,
    /// What is not the same as there, in words.
    pub notes: Vec<String>,
}

/// A pod that no node takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unplaced {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// Its release.
    pub release: String,
    /// What it asks for.
    pub requests: Amount,
    /// The scheduler's own words.
    pub scheduler: String,
}

/// A node and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeUse {
    /// Name.
    pub name: String,
    /// Failure zone; empty for none.
    pub zone: String,
    /// What pods may ask for.
    pub allocatable: Amount,
    /// What pods ask for.
    pub requested: Amount,
    /// The most that they asked for while everything was rolled out.
    pub peak: Amount,
    /// How many pods there are.
    pub pods: usize,
}

/// What became of a drill.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrillReport {
    /// What was drilled, such as `node lab-3 lost` or `Job salt fails`.
    pub drill: String,
    /// Whether the environment came through it as it should.
    pub survived: bool,
    /// What came of it, in a few words.
    pub outcome: String,
    /// Pods that had to move or to begin anew.
    pub moved: usize,
    /// Pods for which there was no room.
    pub unplaced: Vec<Unplaced>,
    /// What would help.
    pub remedy: Option<String>,
    /// Seconds that it took, in the lab.
    pub seconds: f64,
}

/// How long things will take on real machines.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    /// Seconds of the whole roll-out: its critical path.
    pub rollout: f64,
    /// The steps of that path.
    pub critical_path: Vec<String>,
    /// Seconds until Kubernetes gives up a node that says nothing and moves its pods.
    pub detection: f64,
}

impl Report {
    /// How many drills were survived.
    pub fn survived(&self) -> usize {
        let survived = self.drills.iter().filter(|drill| drill.survived);
        survived.count()
    }

    /// Whether everything fits and every drill was run and survived.
    pub fn is_good(&self) -> bool {
        self.fits && self.not_drilled.is_empty() && self.survived() == self.drills.len()
    }
}
