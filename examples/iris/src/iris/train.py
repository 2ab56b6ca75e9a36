"""Train the model; writes model/iris.joblib."""

from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

MODEL = Path(__file__).parents[2] / "model" / "iris.joblib"


def fit(measurements, species):
    """Fit a random forest; return it with its accuracy on flowers that it has not seen."""
    train_x, test_x, train_y, test_y = train_test_split(
        measurements, species, test_size=0.2, random_state=0, stratify=species
    )
    model = RandomForestClassifier(n_estimators=50, random_state=0)
    model.fit(train_x, train_y)
    return model, model.score(test_x, test_y)


def save(model, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, path)


def main():
    data = load_iris()
    model, accuracy = fit(data.data, data.target_names[data.target])
    save(model, MODEL)
    print(f"accuracy on unseen flowers: {accuracy:.3f}")
    print(f"wrote {MODEL}")


if __name__ == "__main__":
    main()
