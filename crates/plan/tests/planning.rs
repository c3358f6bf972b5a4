//! Plans of a small edition, against worlds in which one thing is different.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its world has failed"
)]

mod world;

use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_catalogue::secret::Class;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_object::{Kind, ObjectKey, ReleaseName};
use mosipctl_plan::inventory::OwnedObject;
use mosipctl_plan::observed::{Answer, ForeignField, SeenRelease, Standing};
use mosipctl_plan::{Data, Desired, Observed, PlanOptions, Risk, plan_down};
use world::{World, key, mark, steps};

/// Steps when one object's mark moved and a dry run gave this answer.
fn steps_after(world: &World, object: &str, answer: Answer) -> Vec<String> {
    let mut observed = world.done();
    observed.marks.insert(key(object), mark(&key(object), 2));
    observed.answers.insert(key(object), answer);
    steps(&world.plan(&observed).unwrap().0)
}

fn changed() -> Answer {
    Answer::Changes {
        fields: vec!["/spec".to_owned()],
    }
}

#[test]
fn without_a_cluster_everything_is_planned_in_order() {
    let world = World::new("");
    let (plan, _) = world.plan(&Observed::default()).unwrap();
    insta::assert_snapshot!(steps(&plan).join("\n"));
}

#[test]
fn when_everything_is_done_there_is_nothing_to_do() {
    let world = World::new("");
    let (plan, report) = world.plan(&world.done()).unwrap();
    assert_eq!(steps(&plan), Vec::<String>::new());
    assert!(report.unchanged > 10);
}

#[test]
fn nothing_is_asked_while_no_mark_moved() {
    let world = World::new("");
    let mut observed = world.done();
    assert_eq!(
        mosipctl_plan::compare::questions(&world.desired, &observed, "small"),
        []
    );
    observed.marks.insert(
        key("Deployment.apps app/web"),
        mark(&key("Deployment.apps app/web"), 2),
    );
    assert_eq!(
        mosipctl_plan::compare::questions(&world.desired, &observed, "small").len(),
        1
    );
}

#[test]
fn a_changed_object_brings_its_release_and_nothing_else() {
    let world = World::new("");
    assert_eq!(
        steps_after(&world, "Deployment.apps app/web", changed()),
        ["apply release app/web", "await release app/web"]
    );
}

#[test]
fn a_mark_that_moved_for_nothing_is_only_noted() {
    let world = World::new("");
    let mut observed = world.done();
    let service = key("Service app/web");
    observed.marks.insert(service.clone(), mark(&service, 2));
    observed.answers.insert(service.clone(), Answer::Same);
    let (plan, report) = world.plan(&observed).unwrap();
    assert!(plan.is_empty());
    assert!(report.refreshed.contains(&service));
}

#[test]
fn fields_of_others_are_left_alone_and_reported() {
    let world = World::new("");
    let field = ForeignField {
        field: "/spec/replicas".to_owned(),
        manager: "kubectl".to_owned(),
    };
    let answer = Answer::Conflict {
        fields: vec![field.clone()],
        changes: Vec::new(),
    };
    let web = key("Deployment.apps app/web");
    let mut observed = world.done();
    observed.marks.insert(web.clone(), mark(&web, 2));
    observed.answers.insert(web.clone(), answer);
    let (plan, report) = world.plan(&observed).unwrap();
    assert!(plan.is_empty());
    assert_eq!(report.foreign[&web], [field]);
}

#[test]
fn a_claim_is_never_made_anew_and_a_service_is() {
    let world = World::new("");
    let immutable = || Answer::Immutable {
        reason: "field is immutable".to_owned(),
    };
    assert!(
        steps_after(
            &world,
            "PersistentVolumeClaim servers/server-data",
            immutable()
        )
        .is_empty()
    );
    let mut observed = world.done();
    let service = key("Service app/web");
    observed.marks.insert(service.clone(), mark(&service, 2));
    observed.answers.insert(service.clone(), immutable());
    let (plan, _) = world.plan(&observed).unwrap();
    assert_eq!(plan.count(Risk::Disruptive), 1);
}

#[test]
fn a_secret_that_is_gone_is_made_anew_and_its_readers_follow() {
    let world = World::new("");
    let mut observed = world.done();
    observed
        .marks
        .remove(&key("Secret servers/server-password"));
    let (plan, report) = world.plan(&observed).unwrap();
    assert_eq!(
        steps(&plan),
        [
            "make secret servers/server-password",
            "copy secret app/server-password",
            "apply release app/web",
            "await release app/web",
            "apply release servers/server",
            "await release servers/server",
        ]
    );
    let why = report
        .why
        .iter()
        .find(|(id, _)| id.as_str() == "apply release app/web")
        .unwrap()
        .1;
    assert_eq!(
        why.to_string(),
        "carries `secret app/server-password`, which changes"
    );
}

#[test]
fn a_secret_that_data_depends_on_is_never_drawn_again() {
    let world = World::new("");
    let mut observed = world.done();
    let password = "servers/server-password";
    observed.inventory.secrets.get_mut(password).unwrap().class = Class::Bound;
    observed
        .marks
        .remove(&key("Secret servers/server-password"));
    let error = world.plan(&observed).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`secret servers/server-password`"),
        "{error}"
    );
}

#[test]
fn changing_a_key_of_a_shared_map_restarts_those_who_read_it() {
    let before = World::new("").done();
    // `web` reads the key `api-host`, `reader` the whole map; the job is done and stays done.
    let api = World::new("  hosts: {api-host: other.example.org}\n");
    let restarted = |world: &World, seen: &Observed| {
        let (plan, _) = world.plan(&answered(world, seen)).unwrap();
        steps(&plan)
            .into_iter()
            .filter(|step| step.starts_with("apply release"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        restarted(&api, &before),
        ["apply release app/reader", "apply release app/web"]
    );
    let admin = World::new("  hosts: {admin-host: other.example.org}\n");
    assert_eq!(restarted(&admin, &before), ["apply release app/reader"]);
}

/// Answers every open question with a difference, as a dry run of really different objects would.
fn answered(world: &World, seen: &Observed) -> Observed {
    use mosipctl_plan::compare::{Question, questions};
    let mut observed = seen.clone();
    for question in questions(&world.desired, seen, "small") {
        let key = match question {
            Question::Object { object, .. } => object.key(),
            Question::Secret(key) | Question::Copy { to: key, .. } => key,
        };
        observed.answers.insert(key, changed());
    }
    observed
}

#[test]
fn an_unfinished_release_is_gone_on_with() {
    let world = World::new("");
    let mut observed = world.done();
    let name = world
        .desired
        .releases
        .keys()
        .find(|name| name.name == "web")
        .unwrap();
    observed.releases.get_mut(name).unwrap().status = "pending-install".to_owned();
    let (plan, report) = world.plan(&observed).unwrap();
    assert_eq!(
        steps(&plan),
        ["apply release app/web", "await release app/web"]
    );
    assert_eq!(
        report.why.values().next().unwrap().to_string(),
        "was begun and not finished (pending-install)"
    );
}

#[test]
fn a_release_of_somebody_else_is_adopted_as_it_is() {
    let world = World::new("");
    let mut observed = world.done();
    let name = world
        .desired
        .releases
        .keys()
        .find(|name| name.name == "web")
        .unwrap();
    observed.inventory.releases.remove("app/web");
    let status = "deployed".to_owned();
    observed.releases.insert(
        name.clone(),
        SeenRelease {
            revision: 3,
            status,
            owner: None,
        },
    );
    let (plan, _) = world.plan(&observed).unwrap();
    assert_eq!(
        plan.ordered.steps[0].title,
        "adopt release app/web as it is"
    );
}

#[test]
fn a_release_that_is_not_ready_is_waited_for() {
    let world = World::new("");
    let mut observed = world.done();
    observed.not_ready.insert(
        key("Deployment.apps app/web"),
        "0 of 1 pods are available".to_owned(),
    );
    let (plan, _) = world.plan(&observed).unwrap();
    assert_eq!(steps(&plan), ["await release app/web"]);
}

#[test]
fn only_one_component_brings_what_it_waits_for_and_removes_nothing() {
    let world = World::new("");
    let options = PlanOptions {
        only: Some("salt".to_owned()),
        ..PlanOptions::default()
    };
    let (plan, _) = world.plan_with(&Observed::default(), &options).unwrap();
    insta::assert_snapshot!(steps(&plan).join("\n"));
    let unknown = PlanOptions {
        only: Some("slat".to_owned()),
        ..PlanOptions::default()
    };
    let error = world.plan_with(&Observed::default(), &unknown).unwrap_err();
    assert_eq!(error.remedy().as_deref(), Some("did you mean `salt`?"));
}

#[test]
fn what_is_no_longer_wanted_goes_and_what_holds_data_stays() {
    let observed = World::new("").done();
    let world = World::new("  components: {reader: {enabled: false}}\n");
    let (plan, _) = world.plan(&observed).unwrap();
    assert_eq!(steps(&plan), ["remove release app/reader"]);
}

#[test]
fn down_takes_users_before_what_they_use_and_keeps_data() {
    let world = World::new("");
    let (plan, report) =
        plan_down(&world.blueprint, &world.desired, &world.done(), Data::Keep).unwrap();
    insta::assert_snapshot!(steps(&plan).join("\n"));
    let kept: Vec<&str> = report.kept.iter().map(|kept| kept.what.as_str()).collect();
    assert_eq!(
        kept,
        [
            "namespace app",
            "namespace servers",
            "claim servers/server-data",
            "secret servers/server-password"
        ]
    );
    assert_eq!(plan.count(Risk::Destructive), 0);
}

#[test]
fn down_with_data_takes_everything_that_is_ours() {
    let world = World::new("");
    let (plan, report) = plan_down(
        &world.blueprint,
        &world.desired,
        &world.done(),
        Data::Remove,
    )
    .unwrap();
    insta::assert_snapshot!(steps(&plan).join("\n"));
    assert!(report.kept.is_empty());
    assert!(plan.count(Risk::Destructive) > 0);
}

#[test]
fn a_claim_is_left_alone_until_the_release_that_keeps_it_is_gone() {
    let world = World::new("");
    let down = plan_down(
        &world.blueprint,
        &world.desired,
        &world.done(),
        Data::Remove,
    );
    let (plan, _) = down.unwrap();
    let claim: Fact = "claim servers/server-data".parse().unwrap();
    let of = |id: &str| {
        let mut steps = plan.ordered.steps.iter();
        steps.find(|step| step.id.as_str() == id).unwrap()
    };
    assert!(of("remove release servers/server").needs.contains(&claim));
    assert!(of("delete claim servers/server-data").ends.contains(&claim));
}

#[test]
fn a_definition_goes_after_whoever_has_objects_of_it() {
    let mut world = World::new("");
    let definition: Fact = "crd gadgets.example.org".parse().unwrap();
    let user = ReleaseName::new("app", "web");
    let user = world.desired.releases.get_mut(&user).unwrap();
    user.needs.insert(definition.clone());
    let mut observed = world.done();
    let kind = Kind::new("apiextensions.k8s.io", "CustomResourceDefinition");
    let key = ObjectKey::cluster(kind, "gadgets.example.org");
    let owned = OwnedObject {
        wanted: String::new(),
        mark: mark(&key, 1),
        young: false,
        release: Some(ReleaseName::new("servers", "server")),
        found: false,
    };
    observed.marks.insert(key.clone(), owned.mark.clone());
    observed.inventory.objects.insert(key, owned);
    let (plan, _) = plan_down(&world.blueprint, &world.desired, &observed, Data::Remove).unwrap();
    let order = steps(&plan);
    let place = |id: &str| order.iter().position(|step| step == id).unwrap();
    assert!(place("remove release app/web") < place("delete crd gadgets.example.org"));
    let mut users = plan.ordered.steps.iter();
    let user = users.find(|step| step.id.as_str() == "remove release app/web");
    assert!(user.unwrap().needs.contains(&definition));
}

#[test]
fn down_with_backups_lets_servers_and_data_go_only_when_they_are_proven() {
    let world = World::new("");
    let (plan, report) = plan_down(
        &world.blueprint,
        &world.desired,
        &world.done(),
        Data::BackUpAndRemove,
    )
    .unwrap();
    insta::assert_snapshot!(steps(&plan).join("\n"));
    let backup = "backup database app_main";
    for step in &plan.ordered.steps {
        let needs = step.needs.iter().any(|need| need.to_string() == backup);
        let is_data = step.risk == Risk::Destructive;
        let is_server = step.id.as_str() == "remove release servers/server";
        assert_eq!(needs, is_data || is_server, "{}", step.id);
    }
    assert_eq!(report.unprotected, ["secret servers/server-password"]);
    let mut pretended = world.done();
    for prepared in pretended.inventory.facts.values_mut() {
        prepared.simulated = true;
    }
    let (plan, report) = plan_down(
        &world.blueprint,
        &world.desired,
        &pretended,
        Data::BackUpAndRemove,
    )
    .unwrap();
    assert!(!steps(&plan).join(" ").contains("back up"));
    assert!(report.unprotected.len() > 1);
}

#[test]
fn a_token_is_backed_up_after_its_users_and_before_its_pods_and_data_go() {
    let mut world = World::new("");
    let token = Token {
        release: "servers/server".to_owned(),
        label: "keys".to_owned(),
        pin: "servers/server-password#password".to_owned(),
        container: "server".to_owned(),
    };
    world.desired.tokens.insert(token.fact(), token);
    let mut observed = world.done();
    for prepared in observed.inventory.facts.values_mut() {
        prepared.simulated = true;
    }
    let data = Data::BackUpAndRemove;
    let (plan, report) = plan_down(&world.blueprint, &world.desired, &observed, data).unwrap();
    let steps = steps(&plan);
    let at = |name: &str| steps.iter().position(|step| step == name).unwrap();
    let backup = at("back up token servers/server");
    assert!(at("remove release app/web") < backup, "{steps:?}");
    assert!(
        backup < at("remove release servers/server"),
        "it is read in its pods"
    );
    for step in &plan.ordered.steps {
        let needs = step.needs.iter().map(ToString::to_string);
        let waits = needs
            .clone()
            .any(|need| need == "backup token servers/server");
        let is_server = step.id.as_str() == "remove release servers/server";
        assert_eq!(
            waits,
            step.risk == Risk::Destructive || is_server,
            "{}",
            step.id
        );
    }
    // neither its claim nor the Secret with its PIN
    assert_eq!(report.unprotected, [""; 0]);
    let data = Data::Remove;
    let (plan, _) = plan_down(&world.blueprint, &world.desired, &observed, data).unwrap();
    assert!(!self::steps(&plan).concat().contains("back up"));
}

#[test]
fn what_was_only_pretended_does_not_hold_where_it_is_real() {
    let world = World::new("  cluster: {kind: existing}\n");
    let mut observed = world.done();
    assert!(world.plan(&observed).unwrap().0.is_empty());
    for prepared in observed.inventory.facts.values_mut() {
        prepared.simulated = true;
    }
    let (plan, _) = world.plan(&observed).unwrap();
    let titles: Vec<&str> = plan
        .ordered
        .steps
        .iter()
        .map(|step| step.title.as_str())
        .collect();
    assert_eq!(titles, ["prepare database app_main = 0.0.1"]);
}

#[test]
fn what_a_server_shows_counts_more_than_what_was_noted() {
    let world = World::new("  cluster: {kind: existing}\n");
    let mut observed = world.done();
    let fact: Fact = "database app_main = 0.0.1".parse().unwrap();
    let differs = Standing::Differs(vec!["2 of 3 tables".to_owned()]);
    observed.servers.insert(fact.clone(), differs);
    let (plan, report) = world.plan(&observed).unwrap();
    let step = &plan.ordered.steps[0];
    assert!(!step.simulated);
    assert_eq!(
        report.why[&step.id].to_string(),
        "differs in `2 of 3 tables`"
    );
    observed.servers.insert(fact, Standing::Holds);
    assert!(world.plan(&observed).unwrap().0.is_empty());
}

#[test]
fn a_job_whose_keys_are_seen_does_not_run_again_where_its_records_are_gone() {
    let world = World::new("");
    let mut observed = world.done();
    observed.inventory.jobs.clear();
    let runs = |observed: &Observed| {
        let (plan, _) = world.plan(observed).unwrap();
        let steps = plan.ordered.steps.iter();
        steps.map(|step| step.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(runs(&observed), ["run job app/salt"]);
    let fact: Fact = "key APP/SALT".parse().unwrap();
    observed.servers.insert(fact.clone(), Standing::Holds);
    assert_eq!(runs(&observed), Vec::<String>::new());
    observed.servers.insert(fact, Standing::Absent);
    assert_eq!(runs(&observed), ["run job app/salt"]);
}

#[test]
fn the_digest_depends_on_what_will_be_done_and_on_nothing_else() {
    let world = World::new("");
    let digest = |options: &PlanOptions| {
        world
            .plan_with(&Observed::default(), options)
            .unwrap()
            .0
            .digest
    };
    let plain = digest(&PlanOptions::default());
    assert_eq!(
        plain,
        digest(&PlanOptions {
            speed: 30.0,
            ..PlanOptions::default()
        })
    );
    assert_ne!(
        plain,
        digest(&PlanOptions {
            only: Some("salt".to_owned()),
            ..PlanOptions::default()
        })
    );
    let other = World::new("  components: {web: {heap: 1G}}\n");
    assert_ne!(plain, other.plan(&Observed::default()).unwrap().0.digest);
}

#[test]
fn a_saved_plan_knows_which_object_moved() {
    let world = World::new("");
    let mut observed = world.done();
    observed.marks.remove(&key("Service app/web"));
    let (plan, _) = world.plan(&observed).unwrap();
    let mut now = plan.marks.clone();
    assert_eq!(plan.moved(&now), []);
    let deployment = key("Deployment.apps app/web");
    now.insert(deployment.clone(), Some(mark(&deployment, 9)));
    assert_eq!(plan.moved(&now), [deployment]);
}

#[test]
fn a_claim_of_a_class_that_is_nowhere_is_no_plan_and_the_class_alone_makes_it_none() {
    let mut world = World::new("");
    let object = |value| mosipctl_object::Object::try_from(value).unwrap();
    let claim = serde_json::json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "app"},
        "spec": {"storageClassName": "files"},
    });
    // as a driver that is being brought has it: nobody has tried it
    let class = serde_json::json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "files"}});
    let release = world.rendered.releases.values_mut().next().unwrap();
    release.objects.extend([object(claim), object(class)]);
    world.desired = Desired::new(&world.blueprint, &world.rendered);
    let error = world.plan(&Observed::default()).unwrap_err();
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("`spec.storage`"), "{remedy}");
    let files = Fact::new(FactKind::StorageClass, "files");
    let tried = Observed {
        holds: [files].into(),
        ..Observed::default()
    };
    world.plan(&tried).unwrap();
}
