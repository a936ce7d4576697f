//! `landing`: a landing page that stands while the nation is watching, from Markdown to proof.
//!
//! The map, in reading order. Imports point down a floor, or sideways inside a module, never up (`tests/it/tidy.rs`):
//!
//! | floor | modules | may | never |
//! | --- | --- | --- | --- |
//! | 4 | `main`, [`cli`] | parse arguments, call, render, exit code | decide |
//! | 3 | [`shell`], [`store`], [`serve`] | files, network, clock, environment, tasks | decide what to do |
//! | 2 | [`config`], [`build`], [`assets`], [`hosts`], [`deploy`], [`cdn`], [`verify`], [`check`], [`cache`], [`fingerprint`] | turn values into values | IO, clock, environment, printing |
//! | 1 | [`model`] | hold the nouns and their invariants | anything else |
//! | 0 | [`diag`], [`text`], [`html`], `reader` | speak and read well | know what a site is |

pub mod cli;

pub mod serve;
pub mod shell;
pub mod store;

pub mod assets;
pub mod build;
pub mod cache;
pub mod cdn;
pub mod check;
pub mod config;
pub mod deploy;
pub mod fingerprint;
pub mod hosts;
pub mod verify;

pub mod model;

pub mod diag;
pub mod html;
mod reader;
pub mod text;
