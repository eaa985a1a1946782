"""scikit-learn's support vector machines with kernels, and multi-layer perceptrons."""

from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, NuSVR, OneClassSVM

from .sk import amounts, applicants, case, tiers


def cases():
    few = 120  # samples to fit: support vectors are the model's size
    for kernel in ["linear", "poly", "rbf", "sigmoid"]:
        name = f"svc-{kernel}"
        x, y = tiers(name)
        yield case(name, SVC(kernel=kernel, degree=2).fit(x[:few], (y[:few] > 0).astype(int)), x)
        if kernel != "sigmoid":
            name = f"svr-{kernel}"
            x, y = amounts(name)
            yield case(name, SVR(kernel=kernel, degree=2, epsilon=0.4).fit(x[:few], y[:few]), x)
    name = "svc-rbf-three-classes"
    x, y = tiers(name)
    yield case(name, SVC(kernel="rbf").fit(x[:few], y[:few]), x)

    name = "svc-poly-three-classes-one-against-one"
    x, y = tiers(name)
    yield case(name, SVC(kernel="poly", degree=3, decision_function_shape="ovo").fit(x[:few], y[:few]), x, margin=False)

    name = "nu-svr"
    x, y = amounts(name)
    yield case(name, NuSVR(nu=0.3).fit(x[:few], y[:few]), x)

    name = "one-class-svm"
    x, _ = tiers(name)
    yield case(name, OneClassSVM(nu=0.2).fit(x[:few]), x, classes=[-1, 1])

    for activation in ["relu", "tanh", "logistic"]:
        name = f"mlp-classifier-{activation}"
        x, y = applicants(name)
        network = MLPClassifier((8, 6), activation=activation, random_state=1, max_iter=400)
        yield case(name, make_pipeline(StandardScaler(), network).fit(x, y), x)
    name = "mlp-classifier-three-classes"
    x, y = tiers(name)
    yield case(name, MLPClassifier((10,), random_state=1, max_iter=400).fit(x, y), x)
    name = "mlp-regressor"
    x, y = amounts(name)
    yield case(name, MLPRegressor(hidden_layer_sizes=(12, 6), random_state=1, max_iter=500).fit(x, y), x)
    name = "mlp-regressor-two-targets"
    x, y = amounts(name)
    yield case(name, MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", random_state=1, max_iter=500).fit(x, x[:, :2] * y[:, None]), x)
