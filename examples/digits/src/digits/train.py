"""Train the model; writes model/digits.joblib."""

from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

MODEL = Path(__file__).parents[2] / "model" / "digits.joblib"


def fit(pictures, digits):
    """Keep the pictures, to compare others with them.

    Returns the model with its accuracy on pictures that it has not seen.
    """
    train_x, test_x, train_y, test_y = train_test_split(
        pictures, digits, test_size=0.2, random_state=0, stratify=digits
    )
    model = KNeighborsClassifier(n_neighbors=5)
    model.fit(train_x, train_y)
    return model, model.score(test_x, test_y)


def main():
    data = load_digits()
    model, accuracy = fit(data.data, data.target)
    MODEL.parent.mkdir(exist_ok=True)
    joblib.dump(model, MODEL)
    print(f"accuracy on unseen pictures: {accuracy:.3f}")
    print(f"wrote {MODEL}")


if __name__ == "__main__":
    main()
