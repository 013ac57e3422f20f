"""What a project's program can be asked for. To add a type or a command, add it here."""

from tasks.projects.parameters import FileArgument, Flag, TextOption, WholeOption
from tasks.projects.types import Command, TaskType
from tasks.projects.workflow import register

SEED_DB = register(
    TaskType(
        name="seed-db",
        title="Prepare the database",
        commands=(
            Command(
                arguments=("seed-db",),
                parameters=(Flag(name="reset", help="Empties the database first."),),
            ),
        ),
    )
)

TASK_CONTEXT = register(
    TaskType(
        name="task-context",
        title="Task context",
        commands=(
            Command(
                name="import-excel",
                arguments=("task-context", "import-excel"),
                parameters=(
                    FileArgument(
                        name="file_path",
                        required=True,
                        help="A workbook within the project's paths.",
                    ),
                    TextOption(
                        name="main_tab", max_length=255, help="The sheet that holds the table."
                    ),
                    Flag(
                        name="custom_structure",
                        help="The workbook's tab Structure lists the columns and their types.",
                    ),
                ),
            ),
        ),
    )
)

AGENT = register(
    TaskType(
        name="agent",
        title="Agent",
        commands=(
            Command(
                name="run",
                arguments=("agent", "run"),
                parameters=(
                    TextOption(name="input", required=True, help="What the agent is to do."),
                    WholeOption(
                        name="parallel_workers",
                        least=1,
                        most=64,
                        help="How many things it may do at the same time.",
                    ),
                ),
            ),
        ),
    )
)
