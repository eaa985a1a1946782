pragma circom 2.1.0;

// A chain of squarings: every wire is a full-size field element, the dearest witness that a prover can meet.
template Squarings(n) {
    signal input seed;
    signal output last;
    signal chain[n + 1];

    chain[0] <== seed;
    for (var i = 0; i < n; i++) {
        chain[i + 1] <== chain[i] * chain[i] + i + 1;
    }
    last <== chain[n];
}

component main = Squarings(16000);
