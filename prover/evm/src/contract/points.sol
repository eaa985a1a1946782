
    /// Refuses coordinates that are second encodings, and the identity.
    function checkPoints(bytes calldata proof) private pure {
        bool canonical = true;
        bool identity;
        assembly ("memory-safe") {
            function isZero(from, length) -> all {
                let any := 0
                for { let end := add(from, length) } lt(from, end) { from := add(from, 32) } {
                    any := or(any, calldataload(from))
                }
                all := iszero(any)
            }
            let from := proof.offset
            let end := add(from, proof.length)
            identity := or(isZero(from, 64), isZero(add(from, 64), 128))
            for { let next := add(from, 192) } lt(next, end) { next := add(next, 64) } {
                identity := or(identity, isZero(next, 64))
            }
            for { } lt(from, end) { from := add(from, 32) } { canonical := and(canonical, lt(calldataload(from), Q)) }
        }
        if (!canonical) revert NotCanonical();
        if (identity) revert Identity();
    }

    /// The point of G1 at this place of the key.
    function point(bytes memory k, uint256 offset) private pure returns (uint256 x, uint256 y) {
        assembly ("memory-safe") {
            x := mload(add(add(k, 32), offset))
            y := mload(add(add(k, 64), offset))
        }
    }

    function sum(uint256 x, uint256 y, uint256 x1, uint256 y1) private view returns (uint256, uint256) {
        return onCurve(6, x, y, x1, y1, 128);
    }

    function multiple(uint256 x, uint256 y, uint256 factor) private view returns (uint256, uint256) {
        return onCurve(7, x, y, factor, 0, 96);
    }

    /// A precompiled contract of EIP-196: 6 adds, 7 multiplies.
    function onCurve(uint256 contract_, uint256 x, uint256 y, uint256 z, uint256 w, uint256 length)
        private
        view
        returns (uint256 x_, uint256 y_)
    {
        requireGas(POINT_GAS);
        bool ok;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, x)
            mstore(add(p, 32), y)
            mstore(add(p, 64), z)
            mstore(add(p, 96), w)
            ok := staticcall(POINT_GAS, contract_, p, length, p, 64)
            ok := and(ok, eq(returndatasize(), 64))
            x_ := mload(p)
            y_ := mload(add(p, 32))
        }
        if (!ok) revert InvalidProof();
    }

    /// Whether the product of pairings is 1, by EIP-197, which checks that every point is in its group.
    function checkProduct(uint256 pairs, uint256 length) private view {
        requireGas(PAIRING_GAS);
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(PAIRING_GAS, 8, pairs, length, 0, 32)
            ok := and(and(ok, eq(returndatasize(), 32)), eq(mload(0), 1))
        }
        if (!ok) revert InvalidProof();
    }

    /// A call gets 63 of 64 parts of what is left: with less than asked for, a valid proof would look like another.
    function requireGas(uint256 gas_) private view {
        if (gasleft() < gas_ + gas_ / 32 + 1000) revert NotEnoughGas();
    }
