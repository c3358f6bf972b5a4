//! The first process of every pod: it holds the pod's namespaces and does nothing until it is killed.

fn main() {
    loop {
        std::thread::park();
    }
}
