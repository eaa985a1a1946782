
    /// Another number of limbs than the model's.
    error LimbCount(uint256 given);
    /// The model has no output with this index.
    error NoOutput(uint256 index);
    /// No packing has such a value: bits outside 1 to 32, a position behind the limb's last, or a limb with bits above that.
    error NoValue(uint256 limb, uint256 bits, uint256 position);

    /// The first element of every statement of the model: a hash of its schema.
    uint256 public constant DOMAIN = 0x@DOMAIN@;
    /// Limbs of a statement: those of the inputs, then those of the outputs.
    uint256 public constant LIMBS = @LIMBS@;
@LAYOUT@
    /// Round constants of Poseidon.
    bytes private constant ROUNDS =
        hex"@ROUNDS@";

    /// Returns the digest if `proof` is one of this statement, and reverts if not. What `context` binds to is the caller's affair; a
    /// proof has many encodings, so whoever must act once keeps the digest and not the proof.
    function verifyStatement(bytes calldata proof, bytes32 context, uint256[] calldata limbs)
        external
        view
        returns (uint256 digest)
    {
        digest = statementDigest(context, limbs);
        verify(proof, digest);
    }

    /// The digest of a statement: Poseidon of domain, both halves of the context, and limbs, each below the field's order.
    function statementDigest(bytes32 context, uint256[] calldata limbs) public pure returns (uint256) {
        if (limbs.length != LIMBS) revert LimbCount(limbs.length);
        uint256[@WORDS@] memory state;
        state[1] = DOMAIN;
        state[2] = uint256(context) >> 128;
        state[3] = uint128(uint256(context));
        for (uint256 i = 0; i < LIMBS; i++) {
            uint256 limb = limbs[i];
            if (limb >= R) revert NotCanonical();
            state[4 + i] = limb;
        }
        return firstOfPermutation(state, ROUNDS);
    }

    /// Where an output stands: its first limb, the bits of a value, and how many values it has, 248 / bits in each limb.
    function outputAt(uint256 index) external pure returns (uint256 limb, uint256 bits, uint256 values) {
@OUTPUTS@        revert NoOutput(index);
    }

    /// The integer at `position` of a limb whose values have `bits` bits, 1 to 32. Under other bits than the tensor's it is another integer:
    /// they come from `outputAt`, or from the layout above.
    function valueOf(uint256 limb, uint256 bits, uint256 position) public pure returns (int256) {
        if (bits == 0 || bits > 32 || position >= 248 / bits || limb >> (248 / bits * bits) != 0) revert NoValue(limb, bits, position);
        uint256 offset = (limb >> (bits * position)) & ((1 << bits) - 1);
        return int256(offset) - int256(1 << (bits - 1));
    }

    /// The first element of Poseidon's permutation, in the form that prover/evm/src/poseidon/optimized.rs derives.
    function firstOfPermutation(uint256[@WORDS@] memory state_, bytes memory rounds) private pure returns (uint256 digest) {
        assembly ("memory-safe") {
            let m := R
            let p := state_
            let c := add(rounds, 32)
@PERMUTATION@        }
    }
