pragma circom 2.1.0;

// ReLU by sign bits, as circuits of models are without lookups: nearly every wire is 0 or 1.
template Bits(n) {
    signal input value;
    signal output bit[n];
    var sum = 0;

    for (var i = 0; i < n; i++) {
        bit[i] <-- (value >> i) & 1;
        bit[i] * (1 - bit[i]) === 0;
        sum += bit[i] * 2 ** i;
    }
    value === sum;
}

template Relus(count, n) {
    signal input value[count];
    signal output weighted;
    signal positive[count];
    component shifted[count];
    var sum = 0;

    for (var i = 0; i < count; i++) {
        shifted[i] = Bits(n);
        shifted[i].value <== value[i] + 2 ** (n - 1);
        positive[i] <== value[i] * shifted[i].bit[n - 1];
        sum += (i + 1) * positive[i];
    }
    weighted <== sum;
}

component main = Relus(620, 24);
