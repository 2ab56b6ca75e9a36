"""Train the model: `python -m iris.train` writes model/iris.joblib."""

from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

MODEL = Path(__file__).parents[2] / "model" / "iris.joblib"


def train():
    """Fit a random forest on Fisher's iris data; return it with its accuracy on unseen flowers."""
    data = load_iris()
    train_x, test_x, train_y, test_y = train_test_split(
        data.data,
        data.target_names[data.target],
        test_size=0.2,
        random_state=0,
        stratify=data.target,
    )
    model = RandomForestClassifier(n_estimators=50, random_state=0)
    model.fit(train_x, train_y)
    return model, model.score(test_x, test_y)


def main():
    model, accuracy = train()
    MODEL.parent.mkdir(exist_ok=True)
    joblib.dump(model, MODEL)
    print(f"accuracy on unseen flowers: {accuracy:.3f}")
    print(f"wrote {MODEL}")


if __name__ == "__main__":
    main()
