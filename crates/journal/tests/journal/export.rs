use mosipctl_journal::{Broken, ExportError, Exported};

use crate::samples::{Bench, entry, entry_of, intent, one_of_each, run};

async fn written() -> Bench {
    let bench = Bench::new();
    bench.write([entry_of("r0", intent("a"))]).await;
    bench.write(one_of_each().into_iter().map(entry)).await;
    bench.write([entry_of("r2", intent("a"))]).await;
    bench.write([entry(intent("b"))]).await;
    bench
}

fn repacked(packed: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let text = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
    zstd::encode_all(change(text).as_bytes(), 1).unwrap()
}

#[tokio::test]
async fn a_run_is_read_back_as_it_was_even_with_another_between_its_entries() {
    let bench = written().await;
    let packed = bench.reader().export(&run("r1")).unwrap();
    let exported = Exported::read(&packed).unwrap();
    assert_eq!(
        exported.entries,
        bench.reader().entries(&run("r1")).unwrap()
    );
    assert_eq!(exported.history(), bench.reader().run(&run("r1")).unwrap());
}

#[tokio::test]
async fn a_run_that_is_not_there_is_named() {
    let error = written().await.reader().export(&run("r9")).unwrap_err();
    assert_eq!(error.to_string(), "there is no run `r9` in the journal");
}

#[tokio::test]
async fn a_changed_export_is_refused() {
    let packed = written().await.reader().export(&run("r1")).unwrap();
    let forged = repacked(&packed, |text| text.replace("ada", "eve"));
    assert!(matches!(
        Exported::read(&forged),
        Err(ExportError::Broken(Broken::Changed { .. }))
    ));
}

#[tokio::test]
async fn an_export_that_was_cut_off_is_refused() {
    let packed = written().await.reader().export(&run("r1")).unwrap();
    assert!(Exported::read(&packed[..packed.len() / 2]).is_err());
    let count = zstd::decode_all(&packed[..]).unwrap();
    let count = String::from_utf8(count).unwrap().lines().count();
    for keep in 0..count {
        let short = repacked(&packed, |text| {
            text.lines().take(keep).collect::<Vec<_>>().join("\n")
        });
        // A stretch more or less is a whole export of a shorter run, and only that.
        if let Ok(exported) = Exported::read(&short) {
            assert_eq!(exported.entries.len(), one_of_each().len());
        }
    }
}
