
    /// Returns `KEY_HASH` if `proof`, -A 64 | B 128 | C 64, is one of the statement with this digest; reverts if not.
    /// The digest says nothing by itself: whoever acts on it computes it from the statement.
    function verify(bytes calldata proof, uint256 digest) public view returns (bytes32) {
        if (proof.length != 256) revert ProofLength(proof.length);
        if (digest >= R) revert NotCanonical();
        checkPoints(proof);
        bytes memory k = KEY;
        (uint256 x, uint256 y) = point(k, 512);
        (x, y) = multiple(x, y, digest);
        {
            (uint256 x0, uint256 y0) = point(k, 448);
            (x, y) = sum(x, y, x0, y0);
        }
        // e(-A, B) e(alpha, beta) e(IC_0 + digest IC_1, gamma) e(C, delta) = 1
        uint256[24] memory pairs;
        uint256 input;
        assembly ("memory-safe") {
            function copy(to, from, length) {
                for { let end := add(from, length) } lt(from, end) { from := add(from, 32) to := add(to, 32) } {
                    mstore(to, mload(from))
                }
            }
            k := add(k, 32)
            input := pairs
            calldatacopy(input, proof.offset, 192)
            copy(add(input, 192), k, 192)
            mstore(add(input, 384), x)
            mstore(add(input, 416), y)
            copy(add(input, 448), add(k, 192), 128)
            calldatacopy(add(input, 576), add(proof.offset, 192), 64)
            copy(add(input, 640), add(k, 320), 128)
        }
        checkProduct(input, 768);
        return KEY_HASH;
    }
