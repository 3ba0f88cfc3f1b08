//! Scripts that use as much as they get.

use std::time::Instant;

use super::*;

fn limited(milliseconds: u64) -> JavaScript {
    JavaScript::new(Limits { time: Duration::from_millis(milliseconds), ..Limits::default() })
}

async fn error(javascript: &JavaScript, expression: &str) -> ScriptError {
    let expressions = [expression.to_owned()];
    let mut results = javascript.evaluate_event(&expressions, &event(), None, &[]).await;
    results.remove(0).expect_err(expression)
}

/// E6
#[tokio::test]
async fn scripts_that_do_not_end_are_stopped() {
    let javascript = limited(100);
    for expression in [
        "while(true){}",
        "for(;;) { try { while(true){} } catch(e) {} finally { continue } }",
        "(function f() { try { f() } finally { f() } })()",
        r"/^(a+)+$/.test('a'.repeat(50) + '!')",
        "throw { toString: function() { while(true){} } }",
        "new Array(4294967295).indexOf(1)",
    ] {
        let stopped = error(&javascript, expression).await;
        assert_eq!(stopped, ScriptError::Time(Duration::from_millis(100)), "{expression}");
    }
    let second = ScriptError::Time(Duration::from_secs(1)).to_string();
    assert_eq!(second, "time limit of 1 s exceeded");
}

/// A native function that compares strings is not interrupted.
#[tokio::test]
async fn callers_do_not_wait_for_scripts_that_cannot_be_interrupted() {
    let javascript = limited(100);
    let expression = "var a = 'a'.repeat(2000000); (a + a).indexOf(a + 'b')";
    let started = Instant::now();
    let stopped = error(&javascript, expression).await;
    assert_eq!(stopped, ScriptError::Time(Duration::from_millis(100)));
    assert!(started.elapsed() < Duration::from_secs(60));
    let expressions = ["true".to_owned()];
    let next = JavaScript { limits: Limits::default(), ..javascript };
    assert_eq!(next.evaluate_event(&expressions, &event(), None, &[]).await, [Ok(true)]);
}

#[tokio::test]
async fn scripts_that_use_much_memory_are_stopped() {
    for expression in [
        "'x'.repeat(1e9)",
        "var a = 'x'; while(true) { a += a }",
        "var a = []; while(true) { a.push(new Array(1000).fill(1)) }",
        "new Uint8Array(100000000)",
    ] {
        let stopped = error(&javascript(), expression).await;
        assert!(
            stopped == ScriptError::Memory || stopped.to_string().contains("string too long"),
            "{expression}: {stopped}"
        );
    }
}

#[tokio::test]
async fn deep_recursion_is_stopped() {
    for expression in [
        "(function f() { f() })()",
        "var a = []; for (var i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)",
        "JSON.parse('['.repeat(1000000))",
        "new Function('('.repeat(100000))",
    ] {
        let stopped = error(&javascript(), expression).await;
        assert!(matches!(stopped, ScriptError::Exception(_)), "{expression}: {stopped}");
    }
}

#[tokio::test]
async fn a_cancelled_evaluation_stops() {
    let javascript = JavaScript::new(Limits {
        time: Duration::from_secs(3600),
        concurrent: 1,
        ..Limits::default()
    });
    let expressions = ["while(true){}".to_owned()];
    let event = event();
    let endless = javascript.evaluate_event(&expressions, &event, None, &[]);
    assert!(tokio::time::timeout(Duration::from_millis(50), endless).await.is_err());
    while javascript.pool.threads() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn evaluations_run_in_parallel_up_to_the_limit() {
    let javascript = Arc::new(javascript());
    let busy = "var end = Date.now() + 20; while(Date.now() < end) {} true".to_owned();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (javascript, busy) = (Arc::clone(&javascript), busy.clone());
            tokio::spawn(
                async move { javascript.evaluate_event(&[busy], &event(), None, &[]).await },
            )
        })
        .collect();
    let mut most = 0;
    while tasks.iter().any(|task| !task.is_finished()) {
        most = most.max(javascript.pool.threads());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // A thread that has sent its result counts until it ends.
    assert!((1..=4).contains(&most), "{most}");
    for task in tasks {
        assert_eq!(task.await.unwrap(), [Ok(true)]);
    }
}
