"""Results ask how they are shown, and say nothing where nobody has told."""

from classifier.notebook import as_html, show_as


def test_a_result_is_shown_as_was_said_for_its_class() -> None:
    class Shown:
        pass

    assert as_html(Shown()) is None
    show_as("Shown", lambda result: f"<p>{type(result).__name__}</p>")
    assert as_html(Shown()) == "<p>Shown</p>"
