"""Each error that Pydantic gives for an odd cell of a native field has a template, byte for byte."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError, create_model
from pydantic_core import to_json

from kinds import NATIVE, label, odd_cells
from thresher.plan import HOLE
from thresher.schema import compile

ODD = odd_cells()
CASES = [(kind, annotation) for kind, annotations in NATIVE.items() for annotation in annotations]

# Errors that no kernel gives: an int of thousands of digits, and a timedelta out of its bounds, whose input is
# an object and no text. Such a record is unsure, and Pydantic is asked.
UNSURE = {
    ("choice", "int_parsing_size"),
    ("int", "int_parsing_size"),
    *(("timedelta", f"{way}_than{equal}") for way in ("less", "greater") for equal in ("", "_equal")),
}


@pytest.mark.parametrize(("kind", "annotation"), CASES, ids=[f"{k}-{label(a)}" for k, a in CASES])
def test_every_error_has_its_template(kind: str, annotation: Any) -> None:
    model: Any = create_model("Model", value=(annotation, ...))
    compiled = compile(model)
    assert compiled.fields[0].route == "native", compiled.fields[0].reason
    (field,) = compiled.bind({",": ["value"]}).fields
    for cell in ODD[kind]:
        try:
            model.model_validate({"value": cell})
        except ValidationError as error:
            (written,) = json.loads(error.json(include_url=False))
            text = error.json(include_url=False)[1:-1]
        else:
            continue
        if (kind, written["type"]) in UNSURE:
            continue
        found = [template for template in field.errors if template.type == written["type"]]
        assert len(found) == 1, (written, field.errors)
        parts = [re.escape(found[0].prefix), re.escape(to_json(cell).decode()), re.escape(found[0].suffix)]
        pattern = "".join(parts).replace(re.escape(HOLE), "(?s:.+)")
        assert re.fullmatch(pattern, text), (pattern, text)
        shown = re.escape(found[0].text).replace(re.escape(HOLE), "(?s:.+)")
        assert re.fullmatch(shown, f"value: {written['msg']} [{written['type']}]")
    (missing,) = [template for template in field.errors if template.type == "missing"] or [None]
    if missing is not None:
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"a": "b"})
        assert caught.value.json(include_url=False) == f'[{missing.prefix}{{"a":"b"}}{missing.suffix}]'
