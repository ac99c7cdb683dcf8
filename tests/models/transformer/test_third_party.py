import pytest

from classifier.errors import InputError
from classifier.models.transformer.third_party import PANIC, foreign_errors

Panic = type(PANIC, (BaseException,), {})


@pytest.mark.parametrize("error", [ValueError("no\nmore"), Exception("no"), KeyError("no"), Panic("no")])
def test_whatever_a_library_raises_becomes_an_input_error(error: BaseException) -> None:
    with pytest.raises(InputError) as found, foreign_errors("It cannot be read", fix="Copy."):
        raise error
    assert found.value.message.replace("'no'", "no") == "It cannot be read: no"
    assert found.value.fix == "Copy."


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), MemoryError(), InputError("mine")])
def test_what_is_no_fault_of_a_file_stays_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as found, foreign_errors("x", fix=""):
        raise error
    assert found.value is error


def test_an_error_without_a_message_is_named_by_its_kind() -> None:
    with pytest.raises(InputError, match="x: AssertionError"), foreign_errors("x", fix=""):
        raise AssertionError
