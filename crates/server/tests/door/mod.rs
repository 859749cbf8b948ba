//! A counterpart behind a door of its own, such as SKP.

use std::net::SocketAddr;

use axum::Router;

/// Serves it on a free port until the test ends.
pub fn serve(router: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    listener.set_nonblocking(true).expect("a socket can wait");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("tokio takes it");
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    address
}
