//! Messages to other programs over real sockets: every answer a receiver can give, over HTTP and HTTPS,
//! its own ways of being slow, and the running program that is killed between sending and storing.

mod receiver;
mod running;
mod sending;
