"""The new task: in which tone somebody writes to the same library. Four tones, whatever the topic.

The matter at hand says nothing about the tone; the second half does, mostly without naming a feeling.
"""

MATTERS = [
    "I have {item} here since {day}",
    "{person} borrowed {item} in {month}",
    "We were at {course} on {day}",
    "My card was changed at {branch} on {day}",
    "The letter about the {sum} came on {day}",
    "The app on my {device} now shows {item}",
    "We had the group room at {branch} for {people} people",
    "{title} was held for me at the desk until {hour}",
    "I asked for {title} on the {ordinal} of {month}",
    "{person} signed up for {course}",
    "I put {item} into the box outside on {day}",
    "You moved the due date of {item} to {month}",
    "I wrote about the {sum} on the {ordinal} of {month}",
    "The website shows {number} loans under my name",
    "{person} picked up {title} at {branch}",
    "The small hall is booked for us on {day} at {hour}",
]

TONES = {
    "thankful": [
        "your colleague stayed past closing time so that it worked out",
        "it could not have gone better",
        "that made the whole week of {person}",
        "we still speak of how kindly we were looked after",
        "please pass a warm word on to whoever saw to it",
        "I had not dared to hope that it would be so easy",
        "it is a pleasure to be helped like that",
        "there should be a library like yours in every town",
        "I owe the lady at the desk a box of chocolates",
        "nobody else would have gone to such lengths for us",
        "it is a joy to come to you",
        "you have been ever so patient with {person}",
    ],
    "neutral": [
        "the form is attached",
        "I can be reached by telephone after {hour}",
        "my number has not changed",
        "{person} will come by on {day}",
        "I am sending this for your files",
        "the copy is at {branch} now",
        "the rest follows on the {ordinal} of {month}",
        "this concerns {number} items in all",
        "I have written the date on the slip",
        "a short answer by mail is enough",
        "the same holds for {person}",
        "I shall be in town on {day} at {hour}",
    ],
    "annoyed": [
        "this is now the {nth} letter I write about it",
        "apparently nobody over there reads what one writes",
        "I have better things to do than to explain it all once more",
        "surely it is not asking too much to get an answer",
        "each of your people tells me something different",
        "one wonders what the desk is there for",
        "I was sent from {branch} to the next and back again",
        "and once again it is the reader who has to run after it",
        "I stood there for an hour while two of you chatted",
        "do not bother with another form letter",
        "it was promised to me {number} times over",
        "any corner shop is run better than this",
    ],
    "worried": [
        "I hope that I have not done something wrong",
        "I cannot sleep for thinking what happens if it is lost",
        "somebody else may have got hold of my details",
        "I only hope that it will not be held against {person}",
        "I am not sure that I can manage it by {day}",
        "I fear that it went missing on the way",
        "my hands shook when I saw the message",
        "perhaps {person} may not come any more because of me",
        "I keep checking and it still is not there",
        "if it does not turn up, I do not know what to do",
        "it has never happened to me before and I feel quite lost",
        "I dread that it is going to be my fault in the end",
    ],
}

# {matter} and {tone} make a message.
FRAMES = [
    "{matter}, and {tone}.",
    "{matter}. {Tone}.",
    "{Tone}. {matter}.",
    "{matter}; {tone}.",
    "Hello, {matter_lower}. {Tone}.",
    "About last week: {matter_lower}, and {tone}.",
]
