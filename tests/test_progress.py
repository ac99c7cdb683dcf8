from classifier.progress import SILENT, SharedTask


class Recorder:
    """A task that remembers what it was told."""

    def __init__(self) -> None:
        self.articles, self.texts = [], []  # type: ignore[var-annotated]

    def advance(self, articles: int, tokens: int = 0) -> None:
        self.articles.append(articles)

    def note(self, text: str) -> None:
        self.texts.append(text)


def test_a_shared_task_advances_when_an_article_is_done_by_all() -> None:
    told = Recorder()
    shared = SharedTask(told, 3)
    for articles in (2, 2, 5, 0, 9):
        shared.advance(articles)
    assert told.articles == [0, 1, 2, 0, 3]  # 2, 4, 9, 9, 18 of three times as many
    shared.note("fold 2")
    assert told.texts == ["fold 2"]


def test_silence_takes_whatever_it_is_told() -> None:
    with SILENT.task("reading", None) as task:
        task.advance(3, tokens=9)
        task.note("loss 0.1")
