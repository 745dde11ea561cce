use super::*;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

async fn writer() -> (SqliteWriter, SqliteConnection, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("test.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await.unwrap();
    connection
        .execute("CREATE TABLE things (name TEXT PRIMARY KEY)")
        .await
        .unwrap();
    let reader = options.connect().await.unwrap();
    (SqliteWriter::new(connection), reader, folder)
}

async fn insert(writer: &SqliteWriter, name: &str) -> Ticket {
    let mut ticket = writer.begin().await.unwrap();
    sqlx::query("INSERT INTO things VALUES ($1)")
        .bind(name)
        .execute(ticket.connection().unwrap())
        .await
        .unwrap();
    ticket
}

async fn names(reader: &mut SqliteConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT name FROM things ORDER BY name")
        .fetch_all(reader)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_commit_is_visible_to_other_connections_when_it_returns() {
    let (writer, mut reader, _folder) = writer().await;
    insert(&writer, "a").await.commit().await.unwrap();
    assert_eq!(names(&mut reader).await, ["a"]);
}

#[tokio::test]
async fn transactions_that_wait_together_all_commit() {
    let (writer, mut reader, _folder) = writer().await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let writer = writer.clone();
            tokio::spawn(async move { insert(&writer, &format!("{number:03}")).await.commit().await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(names(&mut reader).await.len(), 200);
}

#[tokio::test]
async fn an_abandoned_part_leaves_no_trace_and_spares_its_batch() {
    let (writer, mut reader, _folder) = writer().await;
    let first = insert(&writer, "kept").await;
    let second = {
        let writer = writer.clone();
        tokio::spawn(async move { drop(insert(&writer, "abandoned").await) })
    };
    let third = {
        let writer = writer.clone();
        tokio::spawn(async move { insert(&writer, "also kept").await.commit().await })
    };
    tokio::task::yield_now().await;
    first.commit().await.unwrap();
    second.await.unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(names(&mut reader).await, ["also kept", "kept"]);
}

#[tokio::test]
async fn an_abandoned_first_part_does_not_block_other_writers() {
    let (writer, mut reader, _folder) = writer().await;
    drop(insert(&writer, "abandoned").await);
    insert(&writer, "later").await.commit().await.unwrap();
    assert_eq!(names(&mut reader).await, ["later"]);
}

#[tokio::test]
async fn a_failed_statement_does_not_poison_the_writer() {
    let (writer, mut reader, _folder) = writer().await;
    insert(&writer, "a").await.commit().await.unwrap();
    let mut ticket = writer.begin().await.unwrap();
    let twice = sqlx::query("INSERT INTO things VALUES ('a')")
        .execute(ticket.connection().unwrap())
        .await;
    assert!(twice.is_err());
    drop(ticket);
    insert(&writer, "b").await.commit().await.unwrap();
    assert_eq!(names(&mut reader).await, ["a", "b"]);
}

#[tokio::test]
async fn after_close_nothing_can_be_written() {
    let (writer, _reader, _folder) = writer().await;
    insert(&writer, "a").await.commit().await.unwrap();
    writer.close().await;
    assert!(writer.begin().await.is_err());
}

/// Polls a future so often and then drops it.
async fn cut_off_at<T>(moment: usize, future: impl Future<Output = T>) {
    let mut future = std::pin::pin!(future);
    let mut polls = 0;
    std::future::poll_fn(|context| {
        polls += 1;
        if polls > moment {
            return std::task::Poll::Ready(());
        }
        future.as_mut().poll(context).map(drop)
    })
    .await;
}

#[tokio::test]
async fn whoever_is_cancelled_at_any_moment_leaves_the_writer_in_order() {
    let (writer, mut reader, _folder) = writer().await;
    // How often it is polled depends on who is faster: a few moments more than there ever are.
    let moments = 12;
    for moment in 0..moments {
        let name = format!("cut-{moment:02}");
        cut_off_at(moment, async {
            insert(&writer, &name).await.commit().await.unwrap();
        })
        .await;
        insert(&writer, &format!("whole-{moment:02}"))
            .await
            .commit()
            .await
            .unwrap();
    }
    let names = names(&mut reader).await;
    let whole = names.iter().filter(|name| name.starts_with("whole")).count();
    assert_eq!(whole, moments);
}
