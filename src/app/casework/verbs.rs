//! The verbs of the casework as they are typed: each command of [`CommandForm`] with who acts on which
//! case.

use crate::app::common::Common;
use crate::domain::case::Role;
use crate::web::CommandForm;
use clap::error::Error;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};

/// Who acts on which case.
#[derive(Debug, Args)]
pub(in crate::app) struct Who {
    /// The case: its eleven digits, or `draft-N` for a draft.
    #[arg(index = 1)]
    pub(super) case: String,
    /// The person who acts.
    #[arg(long = "as", value_name = "PERSON")]
    pub(super) acting: String,
    /// The role he acts in (operator, clerk, supervisor, director …); may be repeated.
    #[arg(long = "role", value_name = "ROLE", value_parser = role, required = true)]
    pub(super) roles: Vec<Role>,
    /// The unit he belongs to, by its id of units.toml.
    #[arg(long, value_name = "UNIT")]
    pub(super) of_unit: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// A command as it is typed.
#[derive(Debug)]
pub(in crate::app) struct WorkVerb {
    pub(super) who: Who,
    pub(super) command: CommandForm,
}

impl FromArgMatches for WorkVerb {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let command = CommandForm::from_arg_matches(matches)?;
        let (_, rest) = matches.subcommand().ok_or_else(|| Error::new(NO_VERB))?;
        Ok(Self { who: Who::from_arg_matches(rest)?, command })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

const NO_VERB: clap::error::ErrorKind = clap::error::ErrorKind::MissingSubcommand;

/// Every command takes its own fields and [`Who`].
impl Subcommand for WorkVerb {
    fn augment_subcommands(verbs: Command) -> Command {
        let commands = CommandForm::augment_subcommands(Command::new("case"));
        verbs.subcommands(commands.get_subcommands().map(with_who).collect::<Vec<_>>())
    }

    fn augment_subcommands_for_update(verbs: Command) -> Command {
        Self::augment_subcommands(verbs)
    }

    fn has_subcommand(name: &str) -> bool {
        CommandForm::has_subcommand(name)
    }
}

/// A command that takes [`Who`] too. It keeps what its help says of it.
fn with_who(command: &Command) -> Command {
    let with_who = Who::augment_args(command.clone());
    with_who.about(command.get_about().cloned().unwrap_or_default())
}

/// A role as it is typed.
pub(in crate::app) fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| {
        let known: Vec<_> = Role::NAMES.iter().map(|(_, name, _)| *name).collect();
        format!("one of {}", known.join(", "))
    })
}
