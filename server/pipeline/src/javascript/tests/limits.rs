//! Scripts that use as much as they get.

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
    // The script takes far longer.
    let stopped =
        tokio::time::timeout(Duration::from_mins(2), error(&javascript, expression)).await;
    assert_eq!(stopped, Ok(ScriptError::Time(Duration::from_millis(100))));
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
    let javascript = Arc::new(JavaScript::new(Limits {
        time: Duration::from_hours(1),
        concurrent: 2,
        ..Limits::default()
    }));
    let endless = || {
        let javascript = Arc::clone(&javascript);
        let expressions = ["while(true){}".to_owned()];
        tokio::spawn(
            async move { javascript.evaluate_event(&expressions, &event(), None, &[]).await },
        )
    };
    let tasks: Vec<_> = (0..4).map(|_| endless()).collect();
    while javascript.pool.threads() < 2 {
        tokio::task::yield_now().await;
    }
    // The others have time to start, if they could.
    for _ in 0..50 {
        assert_eq!(javascript.pool.threads(), 2);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    while javascript.pool.threads() > 0 {
        tokio::task::yield_now().await;
    }
}
