"""Train the model; writes model/text.joblib."""

from pathlib import Path

import joblib
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from text.messages import messages

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "model" / "text.joblib"


def fit(texts, languages):
    """Fit naive Bayes on groups of one to three letters.

    Returns the model with its accuracy on texts that it has not seen.
    """
    train_x, test_x, train_y, test_y = train_test_split(
        texts, languages, test_size=0.2, random_state=0, stratify=languages
    )
    letters = CountVectorizer(analyzer="char_wb", ngram_range=(1, 3), min_df=2)
    model = make_pipeline(letters, MultinomialNB(alpha=0.1))
    model.fit(train_x, train_y)
    return model, model.score(test_x, test_y)


def main():
    model, accuracy = fit(*messages())
    MODEL.parent.mkdir(exist_ok=True)
    joblib.dump(model, MODEL)
    print(f"accuracy on unseen texts: {accuracy:.3f}")
    print(f"wrote {MODEL}")


if __name__ == "__main__":
    main()
