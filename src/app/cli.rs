//! The command line: one verb a subcommand.

use super::common::Common;
use super::exit::{Exit, Failure};
use super::{
    accounts, audit, backup, calendar, callbacks, demo, directory, doctor, figures, follow_ups,
    messages, privacy, records, report, retention, seal, seats, serve, webhooks,
};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// 书记市长公开电话: answers the city's public line and keeps every contact as a case.
#[derive(Debug, Parser)]
#[command(name = "mayorline", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Answer the line. Prints one line that begins with `ready` and names every bound address once
    /// calls can be answered; SIGTERM lets live calls finish, then exits 0; a second SIGTERM ends
    /// them at once.
    Serve(Common),
    /// The cases, beside a running service or on a stopped one.
    #[command(subcommand)]
    Case(records::CaseVerb),
    /// The calls: legs, times, digits pressed, prompts heard, queue ledger, recording file.
    #[command(subcommand)]
    Call(records::CallVerb),
    /// Who is to be called back, who was, by whom.
    #[command(subcommand)]
    Callback(callbacks::CallbackVerb),
    /// Asking citizens how content they are (回访).
    #[command(subcommand)]
    FollowUp(follow_ups::FollowUpVerb),
    /// The seats: who may take calls, beside a running service or on a stopped one.
    #[command(subcommand)]
    Seat(seats::SeatVerb),
    /// The accounts of people and programs: who may sign in, in which roles, by whose word.
    #[command(subcommand)]
    Account(accounts::AccountVerb),
    /// Other programs that are told what happens to cases, never who a citizen is.
    #[command(subcommand)]
    Webhook(webhooks::WebhookVerb),
    /// Texts that came in and go out: the accounts, what waits for a person, what may have been sent.
    #[command(subcommand)]
    Message(messages::MessageVerb),
    /// Who listened in, heard a recording, was shown a number, changed a seat or the directory, when
    /// and why.
    #[command(subcommand)]
    Audit(audit::AuditVerb),
    /// The discipline liaison (纪委联络员): his key, and the cases under seal that it opens.
    #[command(subcommand)]
    Seal(seal::SealVerb),
    /// Units, towns, villages, people in their posts, duty items: the city's directory.
    #[command(subcommand)]
    Directory(directory::DirectoryVerb),
    /// The catalogue of duties.
    #[command(subcommand)]
    Duty(directory::DutyVerb),
    /// The city's calendar.
    #[command(subcommand)]
    Calendar(calendar::CalendarVerb),
    /// What is counted about the cases.
    #[command(subcommand)]
    Figures(figures::FiguresVerb),
    /// Daily, weekly and monthly reports: issued by the running service, or here.
    #[command(subcommand)]
    Report(report::ReportVerb),
    /// How long what is kept, and erasing what is over (保存期限与到期销毁).
    #[command(subcommand)]
    Retention(retention::RetentionVerb),
    /// Requests of citizens about their personal information (查阅、复制，更正，删除).
    #[command(subcommand)]
    Privacy(privacy::PrivacyVerb),
    /// Fill an empty data folder with an invented city: directory, 600 contacts of two months, reports.
    /// Everything in it says that it is invented; a folder that holds a database is refused.
    Demo(demo::DemoArguments),
    /// Say whether a configuration would be accepted, and where it is wrong.
    CheckConfig(Common),
    /// The recorded prompts.
    #[command(subcommand)]
    Prompts(PromptsVerb),
    /// Verify the audit chain, rebuild and compare the projections, match recordings and rows.
    Verify(records::VerifyArguments),
    /// Call the line over real sockets and say in plain words what is wrong with this machine.
    Doctor(Common),
    /// Copies of the data on another disk: make one now, list and check them, put one back.
    #[command(subcommand)]
    Backup(backup::BackupVerb),
}

#[derive(Debug, Subcommand)]
enum PromptsVerb {
    /// Check presence, format, level, edges and hashes of every prompt, the overlay included.
    Check(Common),
    /// Print what is still synthetic as a CSV sheet for the recording studio.
    Sheet(Common),
}

/// Runs the program and gives its exit code (sysexits.h).
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked_for = !error.use_stderr();
            // Nothing is left to do when even the usage cannot be printed.
            let _ = error.print();
            return if asked_for { ExitCode::SUCCESS } else { Failure::Usage.code().into() };
        }
    };
    match carry_out(arguments.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

fn carry_out(verb: Verb) -> Result<(), Exit> {
    match verb {
        Verb::Serve(common) => serve::serve(&common),
        Verb::Case(verb) => records::case(verb),
        Verb::Call(verb) => records::call(verb),
        Verb::Callback(verb) => callbacks::callback(verb),
        Verb::FollowUp(verb) => follow_ups::follow_up(verb),
        Verb::Seat(verb) => seats::seat(verb),
        Verb::Account(verb) => accounts::account(verb),
        Verb::Webhook(verb) => webhooks::webhook(verb),
        Verb::Message(verb) => messages::message(verb),
        Verb::Audit(verb) => audit::audit(verb),
        Verb::Seal(verb) => seal::seal(verb),
        Verb::Directory(verb) => directory::directory(verb),
        Verb::Duty(verb) => directory::duty(&verb),
        Verb::Calendar(verb) => calendar::calendar(verb),
        Verb::Figures(verb) => figures::figures(verb),
        Verb::Report(verb) => report::report(verb),
        Verb::Retention(verb) => retention::retention(verb),
        Verb::Privacy(verb) => privacy::privacy(verb),
        Verb::Demo(arguments) => demo::demo(&arguments),
        Verb::CheckConfig(common) => serve::check_config(&common),
        Verb::Prompts(PromptsVerb::Check(common)) => serve::check_prompts(&common),
        Verb::Prompts(PromptsVerb::Sheet(common)) => serve::recording_sheet(&common),
        Verb::Verify(arguments) => records::verify(&arguments),
        Verb::Doctor(common) => doctor::doctor(&common),
        Verb::Backup(verb) => backup::backup(&verb),
    }
}
