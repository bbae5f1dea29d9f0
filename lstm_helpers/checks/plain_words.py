"""What NumPy's and Python's own messages mean, for a person who reads them for the first time."""

NO_ENTRY = "there is no entry of that number in this tuple"
NO_AXIS = "this line asks a function for an axis that the array does not have: axis=-1 is the last one of any array"
PLAIN_WORDS = [
    (
        r"too many indices for array: array is (\d+)-dimensional",
        r"the index asks for more axes than the \1 of this array: a[..., k:n] cuts the last one of any array",
    ),
    (
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        r"there is no axis \1 in an array with \2 of them: axis=-1 means the last axis of any array",
    ),
    (r"tuple index out of range", NO_ENTRY),
    (r"ufunc 'bitwise_xor' not supported", "^ is no power in Python: write x**2"),
    (
        r"matmul: Input operand 1 has a mismatch",
        "this matrix product does not fit: the last size on the left must be the first size of a matrix on the right",
    ),
    (
        r"matmul: Input operand . does not have enough dimensions",
        "a matrix product needs arrays, and this is one number",
    ),
    (
        r"index (-?\d+) is out of bounds for axis (\d) with size (\d+)",
        r"there is no entry \1 on axis \2: its \3 entries are numbered from 0",
    ),
    (r"cannot reshape array", "the array has another number of entries than this shape"),
    (r"could not (be )?broadcast", "these shapes do not fit together element by element"),
    (
        r"truth value of an array",
        "`if`, `and`, `max` and the like need one True or False, and this is an array of them: use np.where, "
        "np.maximum or a mask",
    ),
    (
        r"array split does not result in an equal division",
        "np.split cuts the rows unless it is told `axis=-1`, and the pieces have to be equal",
    ),
    (
        r"only integer scalar arrays can be converted to a scalar index",
        "an array stands where one whole number belongs. np.concatenate takes its arrays as one list: [h, x]",
    ),
    (r"name '(\w+)' is not defined", r"there is no `\1` here: is it spelled right, and did its cell run?"),
    (
        r"local variable '(\w+)' (?:where it is not associated|referenced before)",
        r"`\1` is read before this function gives it a value",
    ),
    (
        r"0-dimensional arrays can be converted|only length-1 arrays",
        "one number is needed here and this is an array: math.exp takes one number, np.exp takes any array",
    ),
    (
        r"inhomogeneous shape|all input arrays must have the same shape",
        "the arrays that are put together here differ in shape, and np.array and np.stack need them all alike",
    ),
    (
        r"concatenate.*(axis|dimension)|along dimension",
        "these arrays do not fit along that axis: side by side the axis is the last, one below the other it is 0",
    ),
]
