
    /// Returns `KEY_HASH` if `proof`, -A 64 | B 128 | C 64 | D 64 | PoK 64, is one of the statement with this digest; reverts if not.
    /// The digest says nothing by itself: whoever acts on it computes it from the statement.
    function verify(bytes calldata proof, uint256 digest) public view returns (bytes32) {
        if (proof.length != 384) revert ProofLength(proof.length);
        if (digest >= R) revert NotCanonical();
        checkPoints(proof);
        bytes memory k = KEY;
        uint256[30] memory pairs;
        // V + rho PoK, with V = IC_0 + digest IC_1 + h IC_2 + D
        uint256 rho = uint256(sha256(abi.encodePacked("assay:fold:v1\x00", KEY_HASH, proof, digest))) >> 128;
        (uint256 x, uint256 y) = inputs(k, digest, challenge(proof[256:320], digest));
        (uint256 x1, uint256 y1) = (word(proof, 256), word(proof, 288));
        (x, y) = sum(x, y, x1, y1);
        (pairs[24], pairs[25]) = multiple(x1, y1, rho);
        (x1, y1) = multiple(word(proof, 320), word(proof, 352), rho);
        (pairs[12], pairs[13]) = sum(x, y, x1, y1);
        // e(-A, B) e(alpha, beta) e(V + rho PoK, gamma) e(C, delta) e(rho D, -sigma gamma) = 1
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
            copy(add(input, 448), add(k, 192), 128)
            calldatacopy(add(input, 576), add(proof.offset, 192), 64)
            copy(add(input, 640), add(k, 320), 128)
            copy(add(input, 832), add(k, 640), 128)
        }
        checkProduct(input, 960);
        return KEY_HASH;
    }

    /// h, which the prover cannot know before it has committed: the first 31 bytes of a hash.
    function challenge(bytes calldata commitment, uint256 digest) private pure returns (uint256) {
        return uint256(sha256(abi.encodePacked("assay:challenge:v1\x00", KEY_HASH, commitment, digest))) >> 8;
    }

    /// IC_0 + digest IC_1 + h IC_2.
    function inputs(bytes memory k, uint256 digest, uint256 h) private view returns (uint256 x, uint256 y) {
        (uint256 x1, uint256 y1) = point(k, 512);
        (x1, y1) = multiple(x1, y1, digest);
        (x, y) = point(k, 448);
        (x, y) = sum(x, y, x1, y1);
        (x1, y1) = point(k, 576);
        (x1, y1) = multiple(x1, y1, h);
        (x, y) = sum(x, y, x1, y1);
    }

    function word(bytes calldata proof, uint256 offset) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(proof.offset, offset))
        }
    }
