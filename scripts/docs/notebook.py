"""Holds a notebook to the script that it is made of, and runs it on Deno's kernel.

    notebook.py SCRIPT PRINTED [--write]

SCRIPT is a TypeScript file in percent format, PRINTED what Node printed of it. Beside SCRIPT lies the notebook: its cells must be
those of the script, no cell may fail, and all cells together must print the same, now and as the notebook was saved.
--write saves the notebook with the outputs of this run.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from queue import Empty

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

KERNEL = {"display_name": "Deno", "language": "typescript", "name": "deno"}
# A cell takes seconds; two cores that others share may take ten times as long.
CELL_TIMEOUT_S = 300
# Deno 2.9 says that a cell has ended before it has sent all of its outputs; nbclient then listens no more, and of 50
# printed lines most are lost. They come within milliseconds.
QUIET_S = 0.5


def install_kernel():
    """Deno's own `jupyter --install` writes to the user's home; this stays in the environment."""
    deno = Path(sys.executable).with_name("deno")
    folder = Path(sys.prefix, "share", "jupyter", "kernels", "deno")
    folder.mkdir(parents=True, exist_ok=True)
    argv = [str(deno), "jupyter", "--kernel", "--conn", "{connection_file}"]
    spec = {"argv": argv, "display_name": KERNEL["display_name"], "language": KERNEL["language"]}
    (folder / "kernel.json").write_text(json.dumps(spec))


def made_of(script):
    notebook = jupytext.read(script, fmt="ts:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "typescript"}})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.NotebookNode()
    return notebook


def cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def outputs(notebook):
    return [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]


def printed(notebook):
    return "".join(out.text for out in outputs(notebook) if out.output_type == "stream")


def shown(notebook):
    return [sorted(out.data) for out in outputs(notebook) if out.output_type == "display_data"]


def tidy(notebook):
    """Nothing that differs between two runs, and each stretch of text as one output."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata = nbformat.NotebookNode()
        kept = []
        for out in cell.outputs:
            if kept and out.output_type == "stream" == kept[-1].output_type and out.name == kept[-1].name:
                kept[-1].text += out.text
            else:
                kept.append(out)
        cell.outputs = kept


async def execute(client):
    """Raises where a cell fails, with the cell and its error."""
    async with client.async_setup_kernel(env=os.environ):
        for number, cell in enumerate(client.nb.cells):
            await client.async_execute_cell(cell, number)
            if cell.cell_type == "code":
                await hear_out(client, cell, number)


async def hear_out(client, cell, number):
    while True:
        try:
            message = await client.kc.get_iopub_msg(timeout=QUIET_S)
        except Empty:
            return
        try:
            client.process_message(message, cell, number)
        except CellExecutionComplete:
            pass


def main():
    script, expected = sys.argv[1], Path(sys.argv[2]).read_text()
    path = Path(script).with_suffix(".ipynb")
    notebook = made_of(script)
    install_kernel()
    os.environ["DENO_NO_UPDATE_CHECK"] = "1"
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="deno",
        resources={"metadata": {"path": str(path.parent)}},
    )
    asyncio.run(execute(client))
    tidy(notebook)

    checks = {"prints what the script prints": printed(notebook) == expected}
    if "--write" in sys.argv:
        nbformat.write(notebook, path)
    saved = nbformat.read(path, as_version=4)
    checks |= {
        "the saved notebook has the script's cells": cells(saved) == cells(notebook),
        "the saved notebook shows what the script prints": printed(saved) == expected,
        "the saved notebook shows the same kinds of pictures": shown(saved) == shown(notebook) != [],
    }
    for name, holds in checks.items():
        print(f"{'ok' if holds else 'NOT OK'}: {path.name}: {name}")
    if not all(checks.values()):
        sys.exit(f"{path}: expected what {script} makes, got something else; npm run test:notebook -- --write")


if __name__ == "__main__":
    main()
